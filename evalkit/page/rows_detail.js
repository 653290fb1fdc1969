// A row of the table, and everything of it when it is opened.
const label = (en, zh) => make("span", "lbl", t(en, zh));
const marks = (i) => ({ expected: rows.expected[i], base: base < 0 ? null : said(i, base) })[$("mark").value] ?? null;
const against = (i, m) => (m === base && $("mark").value === "base" ? null : marks(i));
const draw = (i) => {
  const tr = make("tr", "row"), open = push("open", rows.n[i], () => { at = i; mark(); toggle(i); });
  tr.id = `row-${rows.id[i]}`;
  tr.dataset.i = i;
  open.ariaExpanded = String(opens.has(i));
  open.setAttribute("aria-label", t(`Row ${rows.n[i]}`, `第 ${rows.n[i]} 行`));
  const td = (cls, ...parts) => tr.append(make("td", cls, ...parts));
  const clip = (text, other) => write(make("div", "clip"), text, other);
  td("", open);
  td("q", clip(asked(i)));
  td("", label("Expected", "期望"), clip(rows.expected[i]));
  models.forEach(({ name }, m) => {
    const who = make("span", "lbl", visible(name));
    if (answers[m].error[i]) td("", who, make("span", "err", t("error", "错误")));
    else td(score(i, m) === 0 ? "off" : "", who, clip(said(i, m), against(i, m)), ...(times(i, m) ? [make("small", "", times(i, m))] : []));
  });
  const [code, en, zh] = data.outcomes[rows.outcome[i]];
  td("", make("span", `pill ${code}`, t(en, zh)));
  return tr;
};

const percent = (x) => `${(100 * x).toFixed(1)}%`;
const likely = (shares) => {
  const list = make("div", "probs");
  const found = data.labels.map((name, k) => [visible(name), shares[k]]).filter(([, p]) => p !== null);
  for (const [name, p] of found.sort((x, y) => y[1] - x[1]).slice(0, 8)) {
    const bar = make("meter");
    bar.value = p;
    bar.ariaLabel = `${name} ${percent(p)}`;
    list.append(make("span", "", name), bar, make("span", "", percent(p)));
  }
  return list;
};
const answered = (i, m) => { // one model's column
  const a = answers[m], called = a.calls?.[i], wanted = rows.calls?.[i];
  const one = make("div", "", make("b", "", visible(models[m].name)));
  if (a.text[i] || !called) one.append(write(make("div"), a.text[i] ?? "", a.text[i] === null ? null : against(i, m)));
  if (called || wanted) one.append(compared(wanted ?? [], called ?? []));
  if (a.error[i]) one.append(make("p", "err", visible(a.error[i])));
  const facts = times(i, m) ? [times(i, m)] : [];
  if (a.read[i] !== undefined) facts.push(`${t("read as", "读作")} ${visible(a.read[i])}`);
  const scores = a.scores[i] ?? (a.score[i] === null ? {} : { [t("score", "得分")]: a.score[i] });
  for (const [name, x] of Object.entries(scores)) facts.push(`${visible(name)} ${x ?? "–"}`);
  if (a.finish[i] && !called) facts.push(a.finish[i] === "length" ? t("cut off", "被截断") : visible(a.finish[i]));
  if (a.tokens[i]) facts.push(`${a.tokens[i][0] ?? "–"} + ${a.tokens[i][1] ?? "–"} ${t("tokens", "个 token")}`);
  one.append(make("p", "facts", facts.join(" · ")));
  const repeats = a.repeats?.[i] ?? [];
  if (repeats.length) one.append(make("ol", "facts", ...repeats.map(([text, x, error]) => make("li", x === 0 || error ? "off" : "", write(make("span"), error || text), ` · ${x ?? "–"}`))));
  if (a.probabilities[i]) one.append(likely(a.probabilities[i]));
  return one;
};
const judged = (i) => { // what a judge said, in both orders, and why
  const way = (x) => ({ win: t("better", "更好"), loss: t("worse", "更差"), tie: t("a tie", "平局"), unreadable: t("no verdict read", "未读出结论") })[x];
  const because = (why) => write(make("p"), t(why, Object.hasOwn(data.whys, why) ? data.whys[why] : why));
  const times = (k) => (k ? ` (${k + 1})` : "");
  const pairs = (rows.verdicts?.[i] ?? []).map(([pair, value, first, second, why, k]) => {
    const [cls, word] = value === null ? ["unscored", t("no verdict", "无结论")] : value > 0.5 ? ["good", way("win")] : value < 0.5 ? ["bad", way("loss")] : ["", way("tie")];
    const orders = [way(first) && `${t("shown first", "先展示")}: ${way(first)}`, way(second) && `${t("shown second", "后展示")}: ${way(second)}`].filter(Boolean);
    return make("div", "", make("b", "", visible(pair) + times(k)), make("span", `pill ${cls}`, word), because(why), make("p", "facts", orders.join(" · ")));
  });
  const points = (rows.points?.[i] ?? []).map(([model, x, why, k]) => make("div", "", make("b", "", visible(model) + times(k)), make("span", "pill", x ?? t("no verdict", "无结论")), because(why)));
  return [...pairs, ...points];
};
const detail = (i) => {
  const td = make("td");
  td.colSpan = models.length + 4;
  for (const [role, text] of rows.messages[i]) td.append(make("div", "turn", make("b", "", visible(role)), write(make("div"), text)));
  const wanted = make("div", "", make("b", "", t("Expected", "期望")));
  const calls = rows.calls?.[i];
  if (!calls || rows.expected[i] !== calling(calls)) wanted.append(write(make("div"), rows.expected[i]));
  if (calls) wanted.append(compared([], calls));
  td.append(make("div", "said", wanted, ...models.map((_, m) => answered(i, m))));
  const verdicts = judged(i);
  if (verdicts.length) td.append(make("h3", "", t("The judge", "裁判")), make("div", "said", ...verdicts));
  const link = make("a", "", t("Link to this row", "此行的链接"));
  link.href = `#row-${encode(rows.id[i])}`;
  const acts = make("div", "acts", push("", t("Copy as JSON", "复制为 JSON"), (event) => copy(i, event.target)), link, make("span", "soft", visible(`${data.sources[rows.source[i]]}:${rows.line[i]}`)));
  data.fields.forEach(([field, values], f) => {
    if (rows.slices[f][i] >= 0) acts.append(make("span", "soft", `${visible(field)} = ${visible(values[rows.slices[f][i]])}`));
  });
  td.append(acts);
  return make("tr", "detail", td);
};
const copy = async (i, told) => {
  try {
    await navigator.clipboard.writeText(JSON.stringify(record(i), null, 1));
    told.textContent = t("Copied", "已复制");
  } catch { told.textContent = t("Not allowed here", "此处不允许"); }
};
