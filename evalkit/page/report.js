// Language, theme and the hash of every page. shell.py joins the files of a page into one function.
const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const on = (e, what, does) => e.addEventListener(what, does);
root.classList.add("js");

// The hash holds an anchor and the state: #row-1f3a&lang=zh&o=broken
const decode = (s) => { try { return decodeURIComponent(s); } catch { return s; } };
const encode = (s) => { try { return encodeURIComponent(s); } catch { return ""; } }; // a lone surrogate
const hash = () => {
  const [first, ...rest] = location.hash.slice(1).split("&");
  const named = !first.includes("=");
  return [named ? decode(first) : "", new URLSearchParams((named ? rest : [first, ...rest]).join("&"))];
};
let [anchor, state] = hash();
const remember = () => {
  const parts = [anchor && encode(anchor), String(state)].filter(Boolean);
  history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search);
};
const set = (key, value) => (value ? state.set(key, value) : state.delete(key));

const opened = root.lang.startsWith("zh") ? "zh" : "en";
const lang = () => ($("lang-zh").checked ? "zh" : "en");
const t = (en, zh) => (lang() === "zh" ? zh : en);
const speak = () => {
  root.lang = t("en", "zh-CN");
  document.title = root.dataset[lang()];
  for (const e of document.querySelectorAll("body [data-en]")) {
    const said = e.dataset[lang()];
    if (e.tagName === "OPTION") e.textContent = said;
    else e.setAttribute("aria-label", said);
  }
};
const dark = matchMedia("(prefers-color-scheme: dark)");
const look = () => { // from the state to the switches
  $("lang-" + (["en", "zh"].includes(state.get("lang")) ? state.get("lang") : opened)).checked = true;
  const theme = state.get("theme");
  $("flip").checked = Boolean(theme) && (theme === "dark") !== dark.matches;
  speak();
};
look();
const changed = [];
for (const id of ["lang-en", "lang-zh"]) on($(id), "change", () => {
  set("lang", lang() === opened ? "" : lang());
  speak();
  remember();
  for (const redo of changed) redo();
});
on($("flip"), "change", () => {
  set("theme", $("flip").checked ? (dark.matches ? "light" : "dark") : "");
  remember();
});
let follow = () => {
  if (anchor) $(anchor)?.scrollIntoView();
  remember();
};
on(window, "hashchange", () => {
  const before = state;
  [anchor, state] = hash();
  if (![...state.keys()].length) state = before; // a plain link keeps language, theme and filters
  else for (const key of ["lang", "theme"]) if (!state.has(key)) set(key, before.get(key));
  look();
  follow(String(state) === String(before));
});
