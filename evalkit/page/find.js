"use strict";
// Finds among the entries of a page about data: text and choices. Without script all of them show.
(() => {
  const $ = (id) => document.getElementById(id);
  const query = $("find");
  if (!query) return;
  const entries = [...document.querySelectorAll("[data-find]")];
  const groups = [...document.querySelectorAll("[data-group]")];
  const choices = [...document.querySelectorAll("select[data-key]")];
  const texts = new Map();
  const text = (e) => {
    if (!texts.has(e)) texts.set(e, `${e.textContent} ${Object.values(e.dataset).join(" ")}`.toLowerCase());
    return texts.get(e);
  };
  const find = () => {
    const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const e of entries) {
      const there = choices.every((c) => !c.value || e.dataset[c.dataset.key] === c.value) && words.every((w) => text(e).includes(w));
      e.hidden = !there;
      shown += there;
    }
    for (const g of groups) {
      g.hidden = !g.querySelector("[data-find]:not([hidden])");
      if (words.length && !g.hidden && g.tagName === "DETAILS") g.open = true;
    }
    $("find-n").textContent = shown.toLocaleString("en");
  };
  let waiting;
  query.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 100); });
  for (const c of choices) c.addEventListener("change", find);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input,select,textarea")) return;
    event.preventDefault();
    query.focus();
  });
  find(); // the browser may have kept what was typed
})();
