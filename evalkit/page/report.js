"use strict";
// Language, theme, and the table of all rows. Text from data only ever becomes textContent.
(async () => {
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  root.classList.add("js");

  // The hash holds an anchor and the state: #row-1f3a&lang=zh&o=broken
  const hash = () => {
    const [first, ...rest] = location.hash.slice(1).split("&");
    const anchor = first.includes("=") ? "" : first;
    return [decode(anchor), new URLSearchParams((anchor ? rest : [first, ...rest]).join("&"))];
  };
  const decode = (s) => { try { return decodeURIComponent(s); } catch { return s; } };
  const encode = (s) => { try { return encodeURIComponent(s); } catch { return ""; } }; // a lone surrogate
  let [anchor, state] = hash();
  const remember = () => {
    const query = String(state);
    const parts = [anchor && encode(anchor), query].filter(Boolean);
    history.replaceState(null, "", parts.length ? "#" + parts.join("&") : location.pathname + location.search);
  };
  const set = (key, value) => { if (value) state.set(key, value); else state.delete(key); };

  // Language and theme
  const opened = root.lang.startsWith("zh") ? "zh" : "en";
  const lang = () => ($("lang-zh").checked ? "zh" : "en");
  const t = (en, zh) => (lang() === "zh" ? zh : en);
  const speak = () => {
    root.lang = lang() === "zh" ? "zh-CN" : "en";
    document.title = root.dataset[lang()];
    for (const e of document.querySelectorAll("body [data-en]")) {
      const said = e.dataset[lang()];
      if (e.tagName === "OPTION") e.textContent = said;
      else e.setAttribute("aria-label", said);
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const look = () => { // from the state to the switches
    $(state.get("lang") === "zh" || (!state.get("lang") && opened === "zh") ? "lang-zh" : "lang-en").checked = true;
    const theme = state.get("theme");
    $("flip").checked = Boolean(theme) && (theme === "dark") !== dark.matches;
    speak();
  };
  look();
  const changed = [];
  for (const id of ["lang-en", "lang-zh"]) $(id).addEventListener("change", () => {
    set("lang", lang() === opened ? "" : lang());
    speak();
    remember();
    for (const redo of changed) redo();
  });
  $("flip").addEventListener("change", () => {
    set("theme", $("flip").checked ? (dark.matches ? "light" : "dark") : "");
    remember();
  });

  // The data
  const island = $("data"), table = $("table");
  if (!island || !table) { // a page without rows: plain links keep language and theme
    addEventListener("hashchange", () => { anchor = hash()[0]; remember(); });
    if (anchor) $(anchor)?.scrollIntoView();
    root.dataset.ready = "";
    return;
  }
  const body = table.tBodies[0];
  const unpack = async () => {
    if (island.dataset.encoding === "json") return JSON.parse(island.textContent);
    const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;.=/?@^_`{|}~";
    const worth = new Uint8Array(128), packed = island.textContent, words = packed.length / 5; // base 85
    for (let i = 0; i < 85; i++) worth[digits.charCodeAt(i)] = i;
    const view = new DataView(new ArrayBuffer(4 * words));
    for (let i = 0, at = 0; i < words; i++) {
      let word = 0;
      for (let k = 0; k < 5; k++) word = word * 85 + worth[packed.charCodeAt(at++)];
      view.setUint32(4 * i, word);
    }
    const bytes = new Uint8Array(view.buffer, 0, Number(island.dataset.encoding.split(" ")[1]));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  let data;
  try { data = await unpack(); } catch {
    $("found").textContent = t("This browser cannot unpack the rows; they are in samples.jsonl.", "此浏览器无法解开各行数据；请查看 samples.jsonl。");
    return;
  }
  island.remove();
  const rows = data.rows, count = rows.id.length, models = data.models;
  const base = models.findIndex((m) => m.part === "base");
  const candidate = models.findIndex((m) => m.part === "candidate");
  const codes = data.outcomes.map((o) => o[0]);

  // What a row says
  const asked = (i) => {
    const turns = rows.messages[i];
    return (turns.findLast((m) => m[0] === "user") ?? turns.at(-1) ?? ["", ""])[1];
  };
  const said = (i, m) => (data.labels.length && rows.answers[m].read[i]) || (rows.answers[m].text[i] ?? "");
  const score = (i, m) => (m < 0 ? null : rows.answers[m].score[i]);
  const times = (i, m) => {
    const all = rows.answers[m].repeats?.[i], known = all?.map(([, x]) => x).filter((x) => x !== null) ?? [];
    const right = known.filter((x) => x === 1).length, n = known.length;
    if (!n || known.some((x) => x !== 0 && x !== 1)) return "";
    return t(`${right} of ${n} right`, `${n} 次答对 ${right} 次`);
  };
  const gain = (i) => {
    const what = codes[rows.outcome[i]];
    if (what === "unscored") return 0;
    const sign = { broken: -1, lower: -1, fixed: 1, higher: 1 }[what] ?? 0;
    return sign * Math.abs((score(i, candidate) ?? 0) - (score(i, base) ?? 0));
  };
  const haystack = new Array(count);
  const hay = (i) => haystack[i] ??= [rows.id[i], asked(i), rows.expected[i], ...models.map((_, m) => `${rows.answers[m].text[i] ?? ""}\n${said(i, m)}`)].join("\n").toLowerCase();

  // Controls
  const slices = [...document.querySelectorAll("select.slice")];
  const controls = [$("q"), $("o"), $("l"), $("sort"), $("mark"), $("size"), ...slices].filter(Boolean);
  const initial = new Map(controls.map((c) => [c, c.value]));
  let page = 0, found = [], opens = new Set(), at = -1;
  const read = () => {
    for (const c of controls) {
      const wanted = state.get(c.id) ?? initial.get(c);
      c.value = wanted;
      if (c.tagName === "SELECT" && c.selectedIndex < 0) c.value = initial.get(c);
    }
    page = Math.max(0, (parseInt(state.get("p"), 10) || 1) - 1);
  };
  const value = (c) => (c ? c.value : "");
  const size = () => Number($("size").value) || Infinity;
  const pages = () => Math.max(1, Math.ceil(found.length / size()));

  const filter = () => {
    const query = $("q").value.trim().toLowerCase(), outcome = value($("o")), label = value($("l"));
    const wanted = label === "" ? null : data.labels[label];
    const parts = slices.map((s, f) => [f, s.value]).filter(([, v]) => v !== "");
    found = [];
    for (let i = 0; i < count; i++) {
      if (wanted !== null && rows.expected[i].trim() !== wanted) continue;
      if (parts.some(([f, v]) => rows.slices[f][i] !== Number(v))) continue;
      if (outcome === "error") { if (!models.some((_, m) => rows.answers[m].error[i])) continue; }
      else if (outcome === "differ") { if (models.every((_, m) => said(i, m) === said(i, 0))) continue; }
      else if (outcome && codes[rows.outcome[i]] !== outcome) continue;
      if (query && !hay(i).includes(query)) continue;
      found.push(i);
    }
    const by = {
      worse: (a, b) => gain(a) - gain(b),
      better: (a, b) => gain(b) - gain(a),
      low: (a, b) => (score(a, candidate) ?? -1) - (score(b, candidate) ?? -1),
      long: (a, b) => asked(b).length - asked(a).length,
      expected: (a, b) => (rows.expected[a] < rows.expected[b] ? -1 : rows.expected[a] > rows.expected[b] ? 1 : 0),
    }[$("sort").value];
    if (by) found.sort((a, b) => by(a, b) || a - b);
  };

  // Showing text: hidden characters become visible, words that differ are marked
  const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
  const visible = (s) => s.replace(/\r\n/g, "\n").replace(hidden, (c) => `<U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);
  const make = (tag, cls, text) => {
    const e = document.createElement(tag);
    if (cls) e.className = cls;
    if (text !== undefined) e.textContent = text;
    return e;
  };
  const segmenter = globalThis.Intl?.Segmenter ? new Intl.Segmenter(undefined, { granularity: "word" }) : null;
  const words = (s) => (segmenter ? [...segmenter.segment(s)].map((x) => x.segment) : s.match(/[\u3040-\u30ff\u3400-\u9fff]|\w+|\s+|./gsu) ?? []);
  const kept = (a, b) => { // which words of b also stand in a, in order: longest common subsequence
    const w = b.length + 1, table = new Uint16Array((a.length + 1) * w);
    for (let i = a.length - 1; i >= 0; i--)
      for (let j = b.length - 1; j >= 0; j--)
        table[i * w + j] = a[i] === b[j] ? table[(i + 1) * w + j + 1] + 1 : Math.max(table[(i + 1) * w + j], table[i * w + j + 1]);
    const same = new Set();
    for (let i = 0, j = 0; i < a.length && j < b.length;)
      if (a[i] === b[j]) { same.add(j); i++; j++; }
      else if (table[(i + 1) * w + j] >= table[i * w + j + 1]) i++;
      else j++;
    return same;
  };
  const write = (into, text, other) => {
    const shown = visible(text);
    into.className += " cell";
    into.dir = "auto";
    if (other === null || text === other) { into.textContent = shown; return into; }
    const mine = words(shown), theirs = words(visible(other));
    const full = mine.filter((x) => x.trim()).length;
    if (mine.length > 600 || theirs.length > 600) { into.textContent = shown; return into; }
    const same = kept(theirs, mine);
    const common = [...same].filter((j) => mine[j].trim()).length;
    if (full > 4 && common < 0.4 * full) { into.textContent = shown; return into; } // marks would be noise
    for (let j = 0; j < mine.length;) {
      let k = j;
      while (k < mine.length && same.has(k) === same.has(j)) k++;
      const run = mine.slice(j, k).join("");
      into.append(same.has(j) ? run : make("mark", "", run));
      j = k;
    }
    return into;
  };
  const against = (i) => ({ expected: rows.expected[i], base: base < 0 ? null : said(i, base), off: null })[$("mark").value] ?? null;

  const label = (en, zh) => make("span", "lbl", t(en, zh));
  const draw = (i) => {
    const tr = make("tr", "row"), id = `row-${rows.id[i]}`;
    tr.id = id;
    tr.dataset.i = i;
    const open = make("button", "open", String(rows.n[i]));
    open.type = "button";
    open.ariaExpanded = String(opens.has(i));
    open.setAttribute("aria-label", t(`Row ${rows.n[i]}`, `第 ${rows.n[i]} 行`));
    const cell = (...parts) => { const td = make("td"); td.append(...parts); tr.append(td); return td; };
    cell(open);
    cell(write(make("div", "clip"), asked(i), null)).className = "q";
    cell(label("Expected", "期望"), write(make("div", "clip"), rows.expected[i], null));
    models.forEach((model, m) => {
      const answers = rows.answers[m], name = make("span", "lbl", model.name);
      if (answers.error[i]) { cell(name, make("span", "err", t("error", "错误"))); return; }
      const td = cell(name, write(make("div", "clip"), said(i, m), m === base && $("mark").value === "base" ? null : against(i)));
      if (times(i, m)) td.append(make("small", "", times(i, m)));
      if (score(i, m) === 0) td.className = "off";
    });
    const [code, en, zh] = data.outcomes[rows.outcome[i]];
    cell(make("span", `pill ${code}`, t(en, zh)));
    return tr;
  };
  const percent = (x) => `${(100 * x).toFixed(1)}%`;
  const detail = (i) => {
    const tr = make("tr", "detail"), td = make("td");
    td.colSpan = models.length + 4;
    for (const [role, text] of rows.messages[i]) {
      const turn = make("div", "turn");
      turn.append(make("b", "", visible(role)), write(make("div"), text, null));
      td.append(turn);
    }
    const all = make("div", "said");
    const column = (name, text, other) => {
      const one = make("div");
      one.append(make("b", "", name), write(make("div"), text, other));
      all.append(one);
      return one;
    };
    column(t("Expected", "期望"), rows.expected[i], null);
    models.forEach((model, m) => {
      const a = rows.answers[m], one = column(model.name, a.text[i] ?? "", a.text[i] === null ? null : against(i));
      if (a.error[i]) one.append(make("p", "err", visible(a.error[i])));
      const facts = times(i, m) ? [times(i, m)] : [];
      if (a.read[i] !== undefined) facts.push(`${t("read as", "读作")} ${visible(a.read[i])}`);
      const scores = a.scores[i] ?? (a.score[i] === null ? {} : { [t("score", "得分")]: a.score[i] });
      for (const [name, x] of Object.entries(scores)) facts.push(`${name} ${x ?? "–"}`);
      if (a.finish[i]) facts.push(a.finish[i] === "length" ? t("cut off", "被截断") : visible(a.finish[i]));
      if (a.tokens[i]) facts.push(`${a.tokens[i][0] ?? "–"} + ${a.tokens[i][1] ?? "–"} ${t("tokens", "个 token")}`);
      one.append(make("p", "facts", facts.join(" · ")));
      (a.repeats?.[i] ?? []).forEach(([text, x], k) => one.append(make("p", "facts", `${k + 1}: ${visible(text)} · ${x ?? "–"}`)));
      if (a.probabilities[i]) {
        const list = make("div", "probs");
        data.labels.map((name, k) => [name, a.probabilities[i][k]]).filter(([, p]) => p !== null).sort((x, y) => y[1] - x[1]).slice(0, 8).forEach(([name, p]) => {
          const bar = make("meter");
          bar.value = p;
          bar.ariaLabel = `${name} ${percent(p)}`;
          list.append(make("span", "", visible(name)), bar, make("span", "", percent(p)));
        });
        one.append(list);
      }
    });
    td.append(all);
    const acts = make("div", "acts"), link = make("a", "", t("Link to this row", "此行的链接"));
    link.href = `#row-${encode(rows.id[i])}`;
    const copy = make("button", "", t("Copy as JSON", "复制为 JSON"));
    copy.type = "button";
    copy.addEventListener("click", async () => {
      try { await navigator.clipboard.writeText(JSON.stringify(record(i), null, 1)); copy.textContent = t("Copied", "已复制"); }
      catch { copy.textContent = t("Not allowed here", "此处不允许"); }
    });
    acts.append(copy, link, make("span", "soft", `${visible(data.sources[rows.source[i]])}:${rows.line[i]}`));
    data.fields.forEach(([field, values], f) => {
      if (rows.slices[f][i] >= 0) acts.append(make("span", "soft", `${visible(field)} = ${visible(values[rows.slices[f][i]])}`));
    });
    td.append(acts);
    tr.append(td);
    return tr;
  };
  const record = (i) => ({
    id: rows.id[i], source: data.sources[rows.source[i]], line: rows.line[i], messages: rows.messages[i], expected: rows.expected[i], outcome: codes[rows.outcome[i]],
    answers: Object.fromEntries(models.map((m, k) => [m.name, { text: rows.answers[k].text[i], score: rows.answers[k].score[i] }])),
  });

  // Page by page
  const render = () => {
    page = Math.min(page, pages() - 1);
    const first = page * Math.min(size(), found.length || 1), some = found.slice(first, first + size());
    const fragment = document.createDocumentFragment();
    for (const i of some) {
      fragment.append(draw(i));
      if (opens.has(i)) fragment.append(detail(i));
    }
    body.replaceChildren(fragment);
    mark();
    const n = found.length.toLocaleString(root.lang), all = count.toLocaleString(root.lang);
    $("found").textContent = found.length === count ? t(`${all} rows`, `共 ${all} 行`) : t(`${n} of ${all} rows`, `${all} 行中的 ${n} 行`);
    $("reset").hidden = found.length === count;
    document.querySelector(".pager").hidden = pages() === 1;
    $("where").textContent = t(`Page ${page + 1} of ${pages()}`, `第 ${page + 1} / ${pages()} 页`);
    $("back").disabled = page === 0;
    $("next").disabled = page >= pages() - 1;
  };
  const keep = () => {
    for (const c of controls) set(c.id, c.value === initial.get(c) ? "" : c.value);
    set("p", page ? String(page + 1) : "");
    remember();
  };
  const update = () => { page = 0; anchor = anchor.startsWith("row-") ? "" : anchor; filter(); render(); keep(); };
  let waiting;
  $("q").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(update, 120); });
  for (const c of controls) if (c !== $("q")) c.addEventListener("change", update);
  const turn = (step) => { page += step; render(); keep(); table.scrollIntoView({ block: "start" }); };
  $("back").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  $("reset").addEventListener("click", () => { for (const c of controls) if (c !== $("size") && c !== $("mark")) c.value = initial.get(c); update(); $("q").focus(); });

  // Rows: opening, going to one, keys
  const element = (i) => body.querySelector(`tr.row[data-i="${i}"]`);
  const mark = () => { for (const tr of body.rows) tr.classList.toggle("at", Number(tr.dataset.i ?? -1) === at); };
  const toggle = (i, wanted = !opens.has(i)) => {
    const tr = element(i);
    if (!tr || wanted === opens.has(i)) return;
    if (wanted) { opens.add(i); tr.after(detail(i)); } else { opens.delete(i); tr.nextElementSibling.remove(); }
    tr.querySelector(".open").ariaExpanded = String(wanted);
  };
  body.addEventListener("click", (event) => {
    const open = event.target.closest(".open");
    if (!open) return;
    at = Number(open.closest("tr").dataset.i);
    mark();
    toggle(at);
  });
  const go = (i) => { // to a row that is among the found
    const place = found.indexOf(i), wanted = size() === Infinity ? 0 : Math.floor(place / size());
    at = i;
    if (wanted !== page || !element(i)) { page = wanted; render(); }
    mark();
    element(i).scrollIntoView({ block: "center" });
    element(i).querySelector(".open").focus({ preventScroll: true });
  };
  const show = (id) => {
    const i = rows.id.indexOf(id);
    if (i < 0) return;
    if (!found.includes(i)) { for (const c of controls) if (c !== $("size") && c !== $("mark")) c.value = initial.get(c); filter(); page = 0; render(); }
    go(i);
    toggle(i, true);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input,select,textarea")) return;
    const place = found.indexOf(at);
    if (event.key === "/") { event.preventDefault(); $("q").focus(); }
    else if (event.key === "n" && place + 1 < found.length) { go(found[place + 1]); keep(); }
    else if (event.key === "p" && place > 0) { go(found[place - 1]); keep(); }
  });

  const follow = (same = false) => { // the hash says what to see
    if (!same) { read(); filter(); render(); }
    if (anchor.startsWith("row-")) show(anchor.slice(4));
    else if (anchor) $(anchor)?.scrollIntoView();
    remember();
  };
  addEventListener("hashchange", () => {
    const before = state;
    [anchor, state] = hash();
    if (![...state.keys()].length) state = before; // a plain link keeps language, theme and filters
    else for (const key of ["lang", "theme"]) if (!state.has(key)) set(key, before.get(key));
    look();
    follow(String(state) === String(before));
  });
  changed.push(render);
  follow();
  performance.mark("rows");
  root.dataset.ready = "";
})();
