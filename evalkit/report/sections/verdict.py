# SPDX-License-Identifier: Apache-2.0
"""The first screen: may we ship it? For a reader without statistics."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from markupsafe import Markup

from evalkit.core.measure import Measure
from evalkit.evaluation.result import GateResult, Row, Run
from evalkit.page.markup import data, fill, row_link
from evalkit.page.numbers import amount, change, count
from evalkit.page.phrase import Phrase, Text, joined, same
from evalkit.report.judge_said import is_pairwise, judge_said
from evalkit.report.names import gate_word, model_name, slice_name
from evalkit.report.outcomes import is_binary, losses
from evalkit.report.reading import (
    TOO_FEW,
    asked,
    difference_of,
    differences_by,
    measure_of,
    shared_start,
    weakest_slice,
)
from evalkit.report.recorded import recorded_line
from evalkit.report.repeated import answered
from evalkit.report.section import section
from evalkit.report.sections._cards import cost_card, result_card, rows_card, soundness
from evalkit.report.verdict_words import decision_word, settled_by, verdict_sentence

__all__ = ["verdict"]

_FIRST = 5  # rows shown before one scrolls
_NOTES = 2  # notes shown above the numbers; further ones are a click away


@section(order=10, en="Verdict", zh="结论", headed=False)
def verdict(run: Run, text: Text) -> Markup:
    """Headline, three cards, gates, weakest slice, what the set can see, the rows to read first."""
    rows = losses(run)
    return fill(
        "evalkit.report.sections",
        "verdict.html",
        run=run,
        text=text,
        word=decision_word(run.decision),
        sentence=verdict_sentence(run),
        settled=settled_by(run),
        shown_notes=_NOTES if len(run.notes) > _NOTES + 1 else _NOTES + 1,
        started=_when(run.started),
        recorded=recorded_line(run, text),
        result=result_card(run, text),
        rows=rows_card(run, text),
        cost=cost_card(run, text),
        soundness=soundness(run, text),
        gates_passed=sum(g.verdict == "pass" for g in run.gates),
        gates=[
            (data(g.gate, 120), g.verdict, gate_word(g.verdict), _beside(g, text))
            for g in run.gates
        ],
        weakest=_weakest(run, text),
        visible=change_seen(run, text),
        others=_others(run, text),
        losses=_losses(run, rows[:_FIRST]),
        losses_title=_losses_title(run, len(rows), text),
        more=len(rows) - _FIRST,
        names=[model_name(run, name) for name in _compared(run)],
        expects=any(row.expected for row in run.rows),
        filter=_filter(run),
    )


def _beside(gate: GateResult, text: Text) -> Phrase:
    """What stands beside a gate's word: what it lacks, or that it passed only just."""
    if gate.verdict == "pass" and gate.within_noise:
        return text("only just: with other rows it may fail", "刚刚通过：换一批数据可能不通过")
    return text.of(gate.needs)


def change_seen(run: Run, text: Text) -> Phrase:
    """The least difference that this set can show; empty where not known."""
    if isnan(run.visible) or run.base is None:
        return same("")
    found = measure_of(run, run.candidate)
    size = change(run.visible, found.unit if found else "share")
    shown = Phrase(Markup(size.en.lstrip("+")), Markup(size.zh.lstrip("+")))  # noqa: S704 - ours
    return text(
        "This set can see a difference of {x} or more",
        "这组数据能看出 {x}及以上的差别",
        x=shown,
    )


def _others(run: Run, text: Text) -> list[Phrase]:
    """Models beside base and candidate: what they reach, and whether the candidate beats them."""
    found, ours = [], measure_of(run, run.candidate)
    for card in run.models:
        theirs = measure_of(run, card.name)
        if card.name in (run.base, run.candidate) or ours is None or theirs is None:
            continue
        found.append(
            joined(
                [
                    text(
                        "{o} reaches {v} here",
                        "{o} 达到 {v}",
                        o=model_name(run, card.name),
                        v=amount(theirs.interval.value, theirs.unit),
                    ),
                    _against(run, card.name, ours, theirs, text),
                ],
                ", ",
                "，",
            )
        )
    return found


def _against(run: Run, other: str, ours: Measure, theirs: Measure, text: Text) -> Phrase:
    """How another model stands to the candidate: proven where they are compared, else as seen."""
    name = model_name(run, run.candidate)
    key = (run.candidate or "", other, run.primary, "all")
    if compared := differences_by(run).get(key):
        return {
            "better": text("{c} is better", "{c} 更好", c=name),
            "worse": text("ahead of {c}", "领先于 {c}", c=name),
            "not_worse": text("{c} is not worse", "{c} 不更差", c=name),
            "undecided": text("not told apart from {c}", "与 {c} 尚难分高下", c=name),
        }[compared.verdict]
    gain = theirs.interval.value - ours.interval.value
    if (gain > 0) if ours.better == "higher" else (gain < 0):
        return text("ahead of {c}", "领先于 {c}", c=name)
    return same("")


def _compared(run: Run) -> list[str]:
    return [name for name in (run.base, run.candidate) if name is not None]


def _when(started: str) -> str:
    return started[:16].replace("T", " ") + (" UTC" if started.endswith(("Z", "+00:00")) else "")


def _weakest(run: Run, text: Text) -> Phrase:
    found = weakest_slice(run)
    if found is None:
        return same("")
    n = found.interval.n
    rows = text("{n} row" if n == 1 else "{n} rows", "{n} 行", n=count(n))
    if n < TOO_FEW:
        rows = text("{r}: too few to judge", "{r}，太少，不足以判断", r=rows)
    else:
        compared = difference_of(run, found.slice)
        verdict = compared.verdict if compared is not None else ""
        if verdict == "undecided":
            rows = text("{r}; no proven gain there", "{r}；该部分未见可靠的改进", r=rows)
        elif verdict == "worse":
            rows = text(
                "{r}; worse than {b} there",
                "{r}；该部分比 {b} 差",
                r=rows,
                b=model_name(run, run.base),
            )
    return text(
        "{s} {v} ({r})",
        "{s} {v}（{r}）",
        s=slice_name(found.slice),
        v=Markup("<b>{}</b>").format(amount(found.interval.value, found.unit)),
        r=rows,
    )


def _losses_title(run: Run, n: int, text: Text) -> Phrase:
    if run.base is None:
        if is_binary(run):
            return text("The {n} wrong", "答错的 {n} 行", n=count(n))
        return text("The lowest scores", "得分最低的行")
    if is_binary(run):
        return text("The {n} broken: read them first", "变错的 {n} 行：请先读这些", n=count(n))
    if is_pairwise(run):
        return text("The {n} lost: read them first", "输掉的 {n} 行：请先读这些", n=count(n))
    return text("The {n} that got worse, the worst first", "变差的 {n} 行，最差的在前", n=count(n))


def _filter(run: Run) -> str:
    if run.base is None:
        return "wrong" if is_binary(run) else ""
    return "broken" if is_binary(run) else "lower"


def _losses(run: Run, rows: Sequence[Row]) -> list[tuple[str, Markup, Markup, list[Markup]]]:
    """Anchor, question, expected, and what each compared model said with the words that differ."""
    start = shared_start(run)
    return [
        (
            row_link(row.id),
            data(asked(row, start), 220),
            data(row.expected, 160),
            [_answer(run, row, name) for name in _compared(run)],
        )
        for row in rows
    ]


def _answer(run: Run, row: Row, model: str) -> Markup:
    """An answer with the words that differ marked; below the candidate's what the judge said."""
    shown = Markup('<span class="clip">{}</span>').format(
        answered(row.answers.get(model), run, row.expected)
    )
    return shown + judge_said(run, row) if model == run.candidate else shown
