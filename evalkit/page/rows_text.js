// Text from data: it only ever becomes textContent. Hidden characters are written out, words that
// differ are marked, tool calls are laid out beside the expected ones.
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const visible = (s) => s.replace(/\r\n/g, "\n").replace(hidden, (c) => `<U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`);
const make = (tag, cls, ...parts) => {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  e.append(...parts);
  return e;
};
const push = (cls, text, does) => {
  const e = make("button", cls, text);
  e.type = "button";
  on(e, "click", does);
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
const MOST = 600, ALIKE = 0.4; // words compared; share in common below which marks would be noise
const write = (into, text, other = null) => {
  const shown = visible(text);
  into.className += " cell";
  into.dir = "auto";
  const plain = () => { into.textContent = shown; return into; };
  if (other === null || text === other || shown.length + other.length > 20 * MOST) return plain();
  const mine = words(shown), theirs = words(visible(other)), full = mine.filter((x) => x.trim()).length;
  if (mine.length > MOST || theirs.length > MOST) return plain();
  const same = kept(theirs, mine);
  if (full > 4 && [...same].filter((j) => mine[j].trim()).length < ALIKE * full) return plain();
  for (let j = 0, k; j < mine.length; j = k) {
    for (k = j; k < mine.length && same.has(k) === same.has(j);) k++;
    const run = mine.slice(j, k).join("");
    into.append(same.has(j) ? run : make("mark", "", run));
  }
  return into;
};

// A call is [name, arguments as JSON]; as text it is name(arguments)
const calling = (calls) => calls.map(([name, given]) => `${name}(${given})`).join("\n");
const fields = (given) => { // path to JSON of every argument; null where it is no JSON object
  const found = new Map();
  const walk = (x, path) => {
    const inner = x && typeof x === "object" ? Object.entries(x) : [];
    if (inner.length && path.length < 8) for (const [k, v] of inner) walk(v, [...path, k]);
    else found.set(path.join("."), typeof x === "string" ? x : JSON.stringify(x));
  };
  try { const x = JSON.parse(given || "{}"); if (!x || typeof x !== "object") return null; walk(x, []); } catch { return null; }
  found.delete("");
  return found;
};
const folded = (s) => s?.normalize("NFKC").replace(/\s+/g, " ").trim().toLowerCase();
const paired = (wanted, given) => { // by name, those that agree most first: [[wanted?, given?], ...]
  const left = given.map((call) => [...call, fields(call[1])]);
  const pairs = wanted.map(([name, text]) => {
    const mine = fields(text);
    const worth = (c) => (c[0] !== name ? -1 : [...(mine ?? [])].filter(([k, v]) => folded(c[2]?.get(k)) === folded(v)).length);
    const best = left.reduce((a, c) => (worth(c) > (a ? worth(a) : -1) ? c : a), null);
    if (best) left.splice(left.indexOf(best), 1);
    return [[name, text, mine], best];
  });
  return [...pairs, ...left.map((c) => [null, c])];
};
const compared = (wanted, given) => {
  const all = make("div", "calls");
  for (const [want, have] of paired(wanted, given)) {
    const [name, text, mine] = have ?? want;
    const state = !wanted.length ? "" : !want ? t("not expected", "多余") : !have ? t("not called", "未调用") : "";
    all.append(make("p", state && "off", make("code", "", visible(name)), state && ` ${state}`));
    if (!mine) { all.append(write(make("div"), text)); continue; }
    const list = make("dl");
    for (const key of new Set([...(want?.[2]?.keys() ?? []), ...mine.keys()])) {
      const ours = mine.get(key), theirs = want?.[2]?.get(key);
      const off = have && want && folded(ours) !== folded(theirs);
      const told = make("dd", "", ours === undefined ? t("missing", "缺失") : write(make("span"), ours, off ? theirs ?? "" : null));
      if (off) told.append(make("small", "", theirs === undefined ? t("not expected", "多余") : `${t("expected", "期望")} ${visible(theirs)}`));
      list.append(make("dt", off ? "off" : "", visible(key)), told);
    }
    all.append(list);
  }
  return all;
};
