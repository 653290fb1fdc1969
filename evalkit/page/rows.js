// The table of all rows: filters, sorting, pages, keys, and its state in the hash.
const table = $("table"), body = table.tBodies[0], dialog = $("help");
const slices = [...document.querySelectorAll("select.slice")];
const filters = [$("q"), $("o"), $("l"), $("a"), $("m"), ...slices].filter(Boolean);
const controls = [...filters, $("sort"), $("mark"), $("size")];
const initial = new Map(controls.map((c) => [c, c.value]));
let page = 0, found = [], at = -1;
const opens = new Set();
const read = () => {
  for (const c of controls) {
    c.value = state.get(c.id) ?? initial.get(c);
    if (c.selectedIndex < 0) c.value = initial.get(c);
  }
  page = Math.max(0, (parseInt(state.get("p"), 10) || 1) - 1);
};
const value = (id) => $(id)?.value ?? "";
const size = () => Number($("size").value) || Infinity;
const pages = () => Math.max(1, Math.ceil(found.length / size()));

const fared = { // how one model's answer fared
  right: (i, m) => score(i, m) === 1,
  wrong: (i, m) => score(i, m) === 0,
  unscored: (i, m) => score(i, m) === null,
  error: (i, m) => Boolean(answers[m].error[i]),
  cut: (i, m) => answers[m].finish[i] === "length",
  best: (i, m) => score(i, m) !== null && models.every((_, k) => k === m || data.better * (score(i, m) - score(i, k)) > 0),
  least: (i, m) => score(i, m) !== null && models.every((_, k) => k === m || data.better * (score(i, m) - score(i, k)) < 0),
};
const orders = { // small first
  worse: gain,
  better: (i) => -gain(i),
  apart: (i) => -apart(i),
  low: (i, m) => score(i, m) ?? Infinity,
  high: (i, m) => -(score(i, m) ?? -Infinity),
  answer: (i, m) => -answer(i, m).length,
  long: (i) => -asked(i).length,
  expected: (i) => rows.expected[i],
};
const filter = () => {
  const query = value("q").trim().toLowerCase(), outcome = value("o");
  const wanted = data.labels[value("l")], given = data.labels[value("a")];
  const parts = slices.map((s, f) => [f, s.value]).filter(([, v]) => v !== "");
  const [who, how] = value("m").split(".");
  found = [];
  for (let i = 0; i < count; i++) {
    if (wanted !== undefined && rows.expected[i].trim() !== wanted) continue;
    if (given !== undefined && said(i, candidate) !== given) continue;
    if (parts.some(([f, v]) => rows.slices[f][i] !== Number(v))) continue;
    if (how && !fared[how](i, Number(who))) continue;
    if (outcome === "error") { if (!models.some((_, m) => answers[m].error[i])) continue; }
    else if (outcome === "differ") { if (models.every((_, m) => said(i, m) === said(i, 0))) continue; }
    else if (outcome && codes[rows.outcome[i]] !== outcome) continue;
    if (query && !hay(i).includes(query)) continue;
    found.push(i);
  }
  const [order, m] = value("sort").split("."), by = orders[order];
  if (!by) return;
  const keys = new Map(found.map((i) => [i, by(i, Number(m ?? candidate))]));
  found.sort((a, b) => (keys.get(a) < keys.get(b) ? -1 : keys.get(a) > keys.get(b) ? 1 : a - b));
};

const render = () => {
  page = Math.min(page, pages() - 1);
  const first = page * Math.min(size(), found.length || 1);
  const some = document.createDocumentFragment();
  for (const i of found.slice(first, first + size())) {
    some.append(draw(i));
    if (opens.has(i)) some.append(detail(i));
  }
  body.replaceChildren(some);
  mark();
  const n = found.length.toLocaleString(root.lang), all = count.toLocaleString(root.lang), whole = found.length === count;
  $("found").textContent = whole ? t(`${all} rows`, `共 ${all} 行`) : t(`${n} of ${all} rows`, `${all} 行中的 ${n} 行`);
  $("reset").hidden = whole;
  $("csv").disabled = !found.length;
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
const clear = () => { for (const c of filters) c.value = initial.get(c); };
const press = (id, does) => on($(id), "click", does);
let waiting;
on($("q"), "input", () => { clearTimeout(waiting); waiting = setTimeout(update, 120); });
for (const c of controls.slice(1)) on(c, "change", update);
const turn = (step) => { page += step; render(); keep(); table.scrollIntoView({ block: "start" }); };
press("back", () => turn(-1));
press("next", () => turn(1));
press("reset", () => { clear(); update(); $("q").focus(); });
press("csv", () => {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob(["\ufeff", csv(found)], { type: "text/csv" })); // the mark tells spreadsheets UTF-8
  link.download = "rows.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
press("keys", () => dialog.showModal());
press("close", () => dialog.close());

const element = (i) => body.querySelector(`tr.row[data-i="${i}"]`);
const mark = () => { for (const tr of body.rows) tr.classList.toggle("at", Number(tr.dataset.i ?? -1) === at); };
const toggle = (i, wanted = !opens.has(i)) => {
  const tr = element(i);
  if (!tr || wanted === opens.has(i)) return;
  if (wanted) { opens.add(i); tr.after(detail(i)); } else { opens.delete(i); tr.nextElementSibling.remove(); }
  tr.querySelector(".open").ariaExpanded = String(wanted);
};
const go = (i) => { // to a row that is among the found
  const wanted = size() === Infinity ? 0 : Math.floor(found.indexOf(i) / size());
  at = i;
  if (wanted !== page || !element(i)) { page = wanted; render(); }
  mark();
  element(i).scrollIntoView({ block: "center" });
  element(i).querySelector(".open").focus({ preventScroll: true });
};
on(document, "keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog.open || event.target.closest?.("input,select,textarea")) return;
  const { key } = event, step = { n: 1, p: -1 }[key], next = found[found.indexOf(at) + step];
  if (key === "/") { event.preventDefault(); $("q").focus(); }
  else if (key === "?") dialog.showModal();
  else if (key === "c" && found.includes(at)) { toggle(at, true); copy(at, element(at).nextElementSibling.querySelector(".acts button")); }
  else if (step && next !== undefined) { go(next); keep(); }
});

follow = (same = false) => { // the hash says what to see
  if (!same) { read(); filter(); render(); }
  if (!anchor.startsWith("row-")) $(anchor)?.scrollIntoView();
  else {
    const i = rows.id.indexOf(anchor.slice(4));
    if (i >= 0) {
      if (!found.includes(i)) { clear(); filter(); page = 0; render(); }
      go(i);
      toggle(i, true);
    }
  }
  remember();
};
changed.push(render);
idle(warm);
