# SPDX-License-Identifier: Apache-2.0
"""A run as the comment of a pull request: the verdict first, the rest in tables, details folded.

Data is text there: it makes no markup, no link, no mention (`core.markdown.quoted`), and secrets in
questions and answers are masked, since a comment is read by more people than a report. The only
HTML is ours: `<details>`, `<summary>`, `<sub>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from math import isnan
from urllib.parse import quote

from evalkit.core import secrets
from evalkit.core.markdown import quoted
from evalkit.core.measure import Difference, Measure
from evalkit.core.printable import excerpt
from evalkit.core.strings import Language
from evalkit.evaluation.result import AskedModel, Run
from evalkit.evaluation.wording import gate_line
from evalkit.page.numbers import amount, between, change, count, ends, money
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.report.names import difference_word, metric_name, model_name, slice_name
from evalkit.report.outcomes import is_binary, losses
from evalkit.report.reading import (
    TOO_FEW,
    card_of,
    cut_off,
    difference_of,
    differences_by,
    given,
    measure_of,
    measures_by,
    question,
)
from evalkit.report.verdict_words import decision_word, settled_by, verdict_sentence

__all__ = ["run_markdown"]

_SIGNS = {"ship": "✅", "dont_ship": "❌", "not_proven": "❔", "measured": "📏"}
_MARKS = {"pass": "✅", "fail": "❌", "undecided": "❔"}
_MOST = 60_000  # characters: GitHub takes 65,536 in a comment
_METRICS = 25
_FACTS = frozenset(  # of every task, unasked
    ("errors", "empty", "cut_off", "refused", "length_chars", "latency", "tokens", "cost")
)
_SLICES = 40
_CELL = 160  # characters of a question or an answer
_WINDOW = 20_000  # of a question that is looked at
_BEFORE = 12  # of the common start that are kept
_NOTES = 20
_NOTE = 400


def run_markdown(
    run: Run,
    *,
    language: Language = "en",
    report: str | None = None,
    examples: int = 5,
    beside: Sequence[str] = (),
) -> str:
    """GitHub-flavoured Markdown that ends with a line feed; at most what a comment holds.

    Args:
        run: What is told.
        language: Of the words.
        report: Where the whole page is, an address or a path; None = no link.
        examples: Rows that got worse that are quoted; 0 = none, where rows are confidential.
        beside: Lines below the headline, Markdown already: how answers were paired.
    """
    foot = [*_measured_how(run, language), *_foot(run, language, report)]
    room = _MOST - sum(len(line) + 1 for line in foot)
    lines = []
    for block in _blocks(run, language, examples, beside):
        size = sum(len(line) + 1 for line in block)
        if size > room:
            lines += [_told(say("… more than fits here.", "……此处放不下全部内容。"), language), ""]
            break
        room -= size
        lines += block
    return "\n".join([*lines, *foot]).rstrip() + "\n"


def _blocks(
    run: Run, language: Language, examples: int, beside: Sequence[str]
) -> Iterator[list[str]]:
    """Parts that stand or fall whole, from the top."""
    yield [*_head(run, language)]
    yield [*beside]
    yield [*_gates(run, language)]
    yield [*_measures(run, language)]
    yield [*_pairs(run, language)]
    yield [*_slices(run, language)]
    yield [*_examples(run, language, examples)]


def _told(phrase: Phrase, language: Language) -> str:
    return quoted(phrase.plain(language))


def _head(run: Run, language: Language) -> Iterator[str]:
    word, sentence = decision_word(run.decision), verdict_sentence(run)
    title = say("{w}: {s}", "{w}：{s}", w=word, s=sentence) if sentence else word
    yield f"### {_SIGNS[run.decision]} {_told(title, language)}"
    yield ""
    if settled := settled_by(run):
        yield _told(settled, language)
        yield ""
    if facts := [_told(one, language) for one in _facts(run) if one]:
        yield " · ".join([f"**{facts[0]}**", *facts[1:]])
        yield ""
    for en, zh in run.notes[:_NOTES]:
        yield f"- ⚠️ {quoted(excerpt(zh if language == 'zh' else en, _NOTE))}"
    if run.notes:
        yield ""
    yield from _left_out(len(run.notes) - _NOTES, language)


def _facts(run: Run) -> Iterator[Phrase]:
    """What the first screen of the page says."""
    found = difference_of(run)
    if found is not None:
        yield _difference(found)
        ours, theirs = measure_of(run, run.candidate), measure_of(run, run.base)
        if ours is not None and theirs is not None:
            yield say(
                "{a} against {b} on {n} rows",
                "{a} 对 {b}，共 {n} 行",
                a=amount(ours.interval.value, ours.unit),
                b=amount(theirs.interval.value, theirs.unit),
                n=count(found.interval.n),
            )
        if found.fixed is not None and found.broken is not None:
            n = {"f": count(found.fixed), "b": count(found.broken)}
            yield say("{f} fixed, {b} broken", "改对 {f} 行，变错 {b} 行", **n)
    elif (ours := measure_of(run, run.candidate)) is not None:
        yield say("{m} {v}", "{m} {v}", m=metric_name(run.primary), v=_value(ours))
    yield _costs(run)
    yield _faults(run)


def _difference(found: Difference) -> Phrase:
    """`accuracy +14.3 points (between +9.7 and +19.4)`."""
    moved = change(found.interval.value, found.unit)
    value = say("{m} {c}", "{m} {c}", m=metric_name(found.metric), c=moved)
    span = between(found.interval, found.unit, signed=True)
    return say("{v} ({s})", "{v}（{s}）", v=value, s=span) if span else value


def _value(found: Measure) -> Phrase:
    value, span = amount(found.interval.value, found.unit), ends(found.interval, found.unit)
    return say("{v} ({s})", "{v}（{s}）", v=value, s=span) if span != "–" else value


def _costs(run: Run) -> Phrase:
    ours, theirs = (_price(card_of(run, name)) for name in (run.candidate, run.base))
    if not ours:
        return same("")
    phrase = say("{c} per 1,000 answers", "每千次回答 {c}", c=ours)
    if not theirs:
        return phrase
    name = model_name(run, run.base)
    return say("{p} ({b} {t})", "{p}（{b} 为 {t}）", p=phrase, b=name, t=theirs)


def _price(card: AskedModel | None) -> str:
    if card is None or card.cost_per_1000 is None:
        return ""
    return money(card.cost_per_1000, card.currency)


def _faults(run: Run) -> Phrase:
    card = card_of(run, run.candidate)
    parts = [
        say("{n} errors", "{n} 个错误", n=count(card.errors if card else 0)),
        say("{n} cut off", "{n} 个被截断", n=count(cut_off(run, run.candidate))),
    ]
    if run.leaked is not None:
        parts.append(say("{n} rows seen in training", "{n} 行见于训练数据", n=count(run.leaked)))
    return joined(parts, ", ", "，")


def _gates(run: Run, language: Language) -> Iterator[str]:
    if not run.gates:
        return
    passed = sum(gate.verdict == "pass" for gate in run.gates)
    title = say("gates: {n} of {m} pass", "门槛：{n}/{m} 通过", n=passed, m=len(run.gates))
    yield from _table(["", _told(title, language), _told(say("seen", "结果"), language)], [
        [_MARKS[gate.verdict], quoted(excerpt(gate.gate, 200)), quoted(gate_line(gate, language))]
        for gate in run.gates
    ])  # fmt: skip


def _measures(run: Run, language: Language) -> Iterator[str]:
    """What the verdict is about; the rest of the measures is one click away."""
    every = list(dict.fromkeys(m.metric for m in run.measures if m.slice == "all"))
    gated = {metric for metric in every if any(f" {metric} " in f" {g.gate} " for g in run.gates)}
    first = {run.primary, *gated}
    told = [m for m in every if m in first or ("[" not in m and m not in _FACTS)]
    rest = [m for m in every if m in _FACTS and m not in first]
    yield from _measure_table(run, told, language)
    if rest:
        yield from _folded(say("Errors, lengths, time, cost", "错误、长度、时间、费用"), language)
        yield from _measure_table(run, rest, language)
        yield from ("</details>", "")


def _measure_table(run: Run, shown: Sequence[str], language: Language) -> Iterator[str]:
    if not shown:
        return
    names = [card.name for card in run.models]
    known, differences = measures_by(run), differences_by(run)
    head = [say("measure", "指标"), *(model_name(run, name) for name in names)]
    compared = run.base is not None and run.candidate is not None
    if compared:
        head.append(say("difference", "差值"))
    rows = []
    for metric in shown[:_METRICS]:
        name = _told(metric_name(metric), language)
        cells = [f"**{name}**" if metric == run.primary else name]
        for model in names:
            one = known.get((model, metric, "all"))
            cells.append(_told(_value(one), language) if one is not None else "")
        if compared:
            found = differences.get((run.candidate or "", run.base or "", metric, "all"))
            cells.append(_told(_compared(found), language) if found is not None else "")
        rows.append(cells)
    yield from _table([_told(one, language) for one in head], rows)
    yield from _left_out(len(shown) - _METRICS, language)


def _compared(found: Difference) -> Phrase:
    """`+14.3 points (+9.7 … +19.4): better`."""
    value = change(found.interval.value, found.unit)
    span = ends(found.interval, found.unit, signed=True)
    if span != "–":
        value = say("{v} ({s})", "{v}（{s}）", v=value, s=span)
    word = difference_word(found)
    return say("{v}: {w}", "{v}：{w}", v=value, w=word) if word else value


def _pairs(run: Run, language: Language) -> Iterator[str]:
    """Pairs beside the one of the headline, and the general set."""
    rows = [
        [_pair(run, d, language), _told(metric_name(d.metric), language), _rest(d, language)]
        for d in run.differences
        if d.metric == run.primary
        and d.slice == "all"
        and (d.candidate, d.base) != (run.candidate, run.base)
    ]
    if run.forgetting is not None:
        kept = say("forgetting ({n} rows)", "遗忘检查（{n} 行）", n=count(run.forgetting.rows))
        rows += [
            [_pair(run, d, language), _told(kept, language), _rest(d, language)]
            for d in run.forgetting.differences
        ]
    if rows:
        heads = (say("pair", "比较"), say("measure", "指标"), say("difference", "差值"))
        yield from _table([_told(one, language) for one in heads], rows)


def _pair(run: Run, found: Difference, language: Language) -> str:
    names = {"a": model_name(run, found.candidate), "b": model_name(run, found.base)}
    return _told(say("{a} against {b}", "{a} 对 {b}", **names), language)


def _rest(found: Difference, language: Language) -> str:
    return _told(_compared(found), language)


def _slices(run: Run, language: Language) -> Iterator[str]:
    found = [
        d
        for d in run.differences
        if d.slice != "all"
        and d.metric == run.primary
        and (d.candidate, d.base) == (run.candidate, run.base)
    ]
    if not found:
        return
    few = say("too few rows to judge", "行数太少，无法判断")
    rows = [
        [
            _told(slice_name(one.slice), language),
            count(one.interval.n),
            _told(_compared(one) if one.interval.n >= TOO_FEW else few, language),
        ]
        for one in found[:_SLICES]
    ]
    heads = (say("slice", "分组"), say("rows", "行数"), say("difference", "差值"))
    yield from _folded(say("By slice", "按分组"), language)
    yield from _table([_told(one, language) for one in heads], rows)
    yield from _left_out(len(found) - _SLICES, language)
    yield from ("</details>", "")


def _examples(run: Run, language: Language, most: int) -> Iterator[str]:
    """The rows to read first."""
    rows = losses(run)
    if not rows or most < 1:
        return
    n = {"n": count(len(rows)), "k": count(min(most, len(rows)))}
    if run.base is None and is_binary(run):
        title = say("{k} of the {n} wrong rows", "答错 {n} 行，先看这 {k} 行", **n)
    elif run.base is None:
        title = say("the {k} weakest of {n} rows", "{n} 行中最弱的 {k} 行", **n)
    elif is_binary(run) and len(rows) <= most:
        title = say("{n} broken: read these first", "变错 {n} 行，请先看", **n)
    elif is_binary(run):
        broken = "{k} of the {n} broken rows: read these first"
        title = say(broken, "{n} 行变错，先看这 {k} 行", **n)
    else:
        title = say("{k} of the {n} rows that fell most", "下降最多的 {n} 行中的 {k} 行", **n)
    names = [name for name in (run.base, run.candidate) if name is not None]
    heads = [say("question", "问题"), say("expected", "期望"), *(model_name(run, m) for m in names)]
    asked = _questions([question(row) for row in rows[:most]])
    yield from _folded(title, language)
    yield from _table([_told(one, language) for one in heads], [
        [text, _quoted(row.expected),
         *(_quoted(given(row.answers.get(name), run)) for name in names)]
        for text, row in zip(asked, rows, strict=False)
    ])  # fmt: skip
    yield from ("</details>", "")


def _questions(asked: Sequence[str]) -> list[str]:
    """What tells them apart: a long instruction that all begin with is left out."""
    shown = [secrets.masked(text[:_WINDOW]) for text in asked]  # whole secrets, then cut
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(min(shown), max(shown), strict=False))
    same_start = sum(1 for _ in alike)  # what the first and the last share, all between them do
    if len(shown) < 2 or same_start < _CELL // 2:
        return [_quoted(text) for text in asked]
    return [quoted(excerpt(f"…{text[same_start - _BEFORE :]}", _CELL)) for text in shown]


def _quoted(text: str) -> str:
    return quoted(secrets.quoted(text, _CELL))


def _measured_how(run: Run, language: Language) -> Iterator[str]:
    """The methods, one click away."""
    found, ours = difference_of(run), measure_of(run, run.candidate)
    one = found.interval if found is not None else ours.interval if ours is not None else None
    if one is None:
        return
    yield from _folded(say("How this was measured", "测量方法"), language)
    told = say(
        "{m}, {c} interval, n = {n}, left out {k}",
        "{m}，{c} 区间，n = {n}，未计入 {k}",
        m=one.method,
        c=f"{100 * one.confidence:g}%",
        n=count(one.n),
        k=count(one.left_out),
    )
    yield f"- {quoted(run.primary)}: {_told(told, language)}"
    if not isnan(one.p):
        yield f"- p = {one.p:.2g}"
    if not isnan(run.visible) and found is not None:
        least = change(run.visible, found.unit)
        least = Phrase(least.en.lstrip("+"), least.zh.lstrip("+"))
        can = say("this set can see {v} or more", "这组数据能看出 {v}以上的差别", v=least)
        yield f"- {_told(can, language)}"
    if ours is not None:
        yield f"- `{excerpt(ours.signature, 200).replace('`', '')}`"
    yield from ("", "</details>", "")


def _foot(run: Run, language: Language, report: str | None) -> Iterator[str]:
    if report is not None:
        whole = say("The whole report", "完整报告")
        yield f"[{_told(whole, language)}](<{quote(report, safe='/:?=&#%._~+@,;!-')}>)"
        yield ""
    n = say("{n} rows", "{n} 行", n=count(len(run.rows)))
    started = excerpt(run.started[:16].replace("T", " "))
    about = [quoted(excerpt(run.suite, 80)), _told(n, language), quoted(started)]
    yield f"<sub>{' · '.join(about)} · evalkit</sub>"


def _folded(title: Phrase, language: Language) -> Iterator[str]:
    yield f"<details><summary>{_told(title, language)}</summary>"
    yield ""


def _left_out(n: int, language: Language) -> Iterator[str]:
    if n > 0:
        yield _told(say("… and {n} more", "……另有 {n} 项", n=count(n)), language)
        yield ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Cells are quoted already."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
    yield ""
