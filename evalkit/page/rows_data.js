// The rows: unpacked, and what each says.
const unpack = async (island) => {
  const text = island.textContent, [way, size] = island.dataset.encoding.split(" ");
  if (way === "json") return JSON.parse(text);
  const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;.=/?@^_`{|}~";
  const worth = new Uint8Array(128), count = text.length / 5; // base 85
  for (let i = 0; i < 85; i++) worth[digits.charCodeAt(i)] = i;
  const view = new DataView(new ArrayBuffer(4 * count));
  for (let i = 0, at = 0; i < count; i++) {
    let word = 0;
    for (let k = 0; k < 5; k++) word = word * 85 + worth[text.charCodeAt(at++)];
    view.setUint32(4 * i, word);
  }
  const stream = new Blob([new Uint8Array(view.buffer, 0, Number(size))]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};
let data;
try { data = await unpack($("data")); } catch {
  $("found").textContent = t("This browser cannot unpack the rows; they are in samples.jsonl.", "此浏览器无法解开各行数据；请查看 samples.jsonl。");
  return follow();
}
$("data").remove();
const { rows, models } = data, { answers } = rows, count = rows.id.length;
const base = models.findIndex((m) => m.part === "base"), candidate = models.findIndex((m) => m.part === "candidate");
const codes = data.outcomes.map((o) => o[0]);

const asked = (i) => {
  const turns = rows.messages[i];
  return (turns.findLast((m) => m[0] === "user") ?? turns.at(-1) ?? ["", ""])[1];
};
const answer = (i, m) => {
  const { text, calls } = answers[m], called = calls?.[i];
  return text[i] || (called ? calling(called) : "");
};
const said = (i, m) => (data.labels.length && answers[m].read[i]) || answer(i, m);
const score = (i, m) => (m < 0 ? null : answers[m].score[i]);
const times = (i, m) => {
  const known = (answers[m].repeats?.[i] ?? []).map((r) => r[1]).filter((x) => x !== null);
  if (!known.length || known.some((x) => x !== 0 && x !== 1)) return "";
  const right = known.filter(Boolean).length;
  return t(`${right} of ${known.length} right`, `${known.length} 次答对 ${right} 次`);
};
const gain = (i) => { // how much the candidate is better; the outcome knows which way is up
  const what = codes[rows.outcome[i]], sign = { broken: -1, lower: -1, fixed: 1, higher: 1 }[what] ?? 0;
  return sign * Math.abs(score(i, candidate) - score(i, base));
};
const known = (i) => models.map((_, m) => score(i, m)).filter((x) => x !== null);
const apart = (i) => (known(i).length ? Math.max(...known(i)) - Math.min(...known(i)) : 0);
const haystack = new Array(count);
const hay = (i) => haystack[i] ??= [rows.id[i], asked(i), rows.expected[i], ...models.flatMap((_, m) => [answer(i, m), answers[m].read[i]])].join("\n").toLowerCase();
const idle = globalThis.requestIdleCallback ?? setTimeout; // Safari has none
let warmed = 0;
const warm = () => { // so that the first search need not
  for (const end = Math.min(count, warmed + 500); warmed < end; warmed++) hay(warmed);
  if (warmed < count) idle(warm);
};

const record = (i) => {
  const slices = data.fields.map(([field, values], f) => [field, values[rows.slices[f][i]]]).filter(([, v]) => v !== undefined);
  const all = models.map((model, m) => {
    const a = answers[m], found = { text: a.text[i], score: a.score[i] };
    for (const key of ["read", "calls", "finish", "error", "scores", "tokens", "repeats", "probabilities"]) {
      const x = a[key]?.[i];
      if (x !== undefined) found[key] = key === "probabilities" ? Object.fromEntries(data.labels.map((l, k) => [l, x[k]])) : x;
    }
    return [model.name, found];
  });
  return {
    id: rows.id[i], source: data.sources[rows.source[i]], line: rows.line[i], slices: Object.fromEntries(slices),
    messages: rows.messages[i], expected: rows.expected[i], calls: rows.calls?.[i], outcome: codes[rows.outcome[i]],
    answers: Object.fromEntries(all), verdicts: rows.verdicts?.[i], points: rows.points?.[i],
  };
};
// Spreadsheets run a cell that begins like a formula: an apostrophe before it makes it text
const cell = (x) => {
  const text = String(x ?? ""), risky = typeof x === "string" && /^[\s\u0000-\u001f\u200b\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text);
  return `"${(risky || /^[\t\r\n]/.test(text) ? "'" + text : text).replaceAll('"', '""')}"`;
};
const csv = (some) => {
  const head = ["row", "id", "source", "line", ...data.fields.map((f) => f[0]), "question", "expected", "outcome"];
  for (const { name } of models) for (const part of ["", " score", " error"]) head.push(name + part);
  const lines = some.map((i) => [
    rows.n[i], rows.id[i], data.sources[rows.source[i]], rows.line[i], ...data.fields.map(([, values], f) => values[rows.slices[f][i]]),
    asked(i), rows.expected[i], codes[rows.outcome[i]], ...models.flatMap((_, m) => [answer(i, m), score(i, m), answers[m].error[i]]),
  ]);
  return [head, ...lines].map((line) => line.map(cell).join(",") + "\r\n").join("");
};
