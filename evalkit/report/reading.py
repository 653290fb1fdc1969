# SPDX-License-Identifier: Apache-2.0
"""Questions that sections ask of a run."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

from evalkit.core.measure import Difference, Measure
from evalkit.evaluation.result import Answer, AskedModel, Row, Run

__all__ = [
    "TOO_FEW",
    "asked",
    "card_of",
    "cut_off",
    "difference_of",
    "differences_by",
    "given",
    "measure_of",
    "measures_by",
    "question",
    "said",
    "shared_start",
    "weakest_slice",
]

_FEW_QUESTIONS = 3
_LONG_START = 24  # characters that are the same in all questions before they are left out
_BREAKS = ("\n", " ", "。", "：", ":", "？", "；", "，")
TOO_FEW = 20  # rows of a slice below which its number is no ground to act on


def measures_by(run: Run) -> Mapping[tuple[str, str, str], Measure]:
    """(model, metric, slice) to measure."""
    return {(m.model, m.metric, m.slice): m for m in run.measures}


def differences_by(run: Run) -> Mapping[tuple[str, str, str, str], Difference]:
    """(candidate, base, metric, slice) to difference."""
    return {(d.candidate, d.base, d.metric, d.slice): d for d in run.differences}


def measure_of(run: Run, model: str | None, where: str = "all") -> Measure | None:
    """The primary metric of a model on a slice."""
    return measures_by(run).get((model or "", run.primary, where))


def difference_of(run: Run, where: str = "all") -> Difference | None:
    """The primary difference of candidate and base on a slice."""
    key = (run.candidate or "", run.base or "", run.primary, where)
    return differences_by(run).get(key)


def card_of(run: Run, name: str | None) -> AskedModel | None:
    """The card of a model."""
    return next((card for card in run.models if card.name == name), None)


def cut_off(run: Run, name: str | None) -> int:
    """Answers of a model that ended at the token limit."""
    found = (row.answers.get(name or "") for row in run.rows)
    return sum(answer is not None and answer.finish == "length" for answer in found)


def weakest_slice(run: Run) -> Measure | None:
    """The candidate's worst slice with enough rows; without such a one the worst of all.

    None where no slice is worse than all rows together: what is alike has no weakest part.
    """
    found = [
        m
        for m in run.measures
        if m.model == run.candidate
        and m.metric == run.primary
        and m.slice != "all"
        and not isnan(m.interval.value)
    ]
    whole = measure_of(run, run.candidate)
    if whole is not None:
        found = [m for m in found if _goodness(m) < _goodness(whole)]
    enough = [m for m in found if m.interval.n >= TOO_FEW]
    return min(enough or found, key=_goodness, default=None)


def _goodness(found: Measure) -> float:
    return found.interval.value if found.better == "higher" else -found.interval.value


def question(row: Row) -> str:
    """What was asked: the last message of the user, else the last of all."""
    asked = [text for role, text in row.messages if role == "user"] or [
        text for _, text in row.messages
    ]
    return asked[-1] if asked else ""


def given(answer: Answer | None, run: Run) -> str:
    """What a model answered, as briefly as the task allows: the label read, or the text."""
    if answer is None:
        return ""
    if run.task == "classification" and answer.read is not None:
        return answer.read
    return said(answer)


def said(answer: Answer) -> str:
    """The text of an answer and the tools it calls, a line each as in `Row.expected`."""
    calls = [f"{name}({arguments})" for name, arguments in answer.calls]
    return "\n".join(part for part in (answer.text, *calls) if part)


def asked(row: Row, start: int = 0) -> str:
    """What a row asks, for a table: without the `shared_start`; never empty."""
    text = question(row)
    return f"…{text[start:]}" if start and text[start:].strip() else text or "–"


def shared_start(run: Run) -> int:
    """Characters with which every question begins, such as an instruction; 0 where that is little.

    Up to the last end of a line, sentence or word in them, so that what is left reads well.
    """
    every = [question(row) for row in run.rows]
    if len(every) < _FEW_QUESTIONS:
        return 0
    first, last = min(every), max(every)
    n = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    end = max((first.rfind(mark, 0, n) for mark in _BREAKS), default=-1) + 1
    return end if end >= _LONG_START else 0
