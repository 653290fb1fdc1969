# SPDX-License-Identifier: Apache-2.0
"""The rows that speak most against a model, in lines that a terminal can take."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isnan

from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import Language
from evalkit.evaluation.result import Answer, Row, Run
from evalkit.evaluation.slices import holds

__all__ = ["broken_lines", "worst_lines"]

_MOST = 3
_WIDTH = 48
_LABEL = re.compile(r"(?P<name>[^\[]+)\[(?P<label>.+)\]")
_FACTS: dict[str, Callable[[Answer], bool]] = {
    "errors": lambda answer: answer.error is not None,
    "empty": lambda answer: not answer.text.strip(),
    "cut_off": lambda answer: answer.finish == "length",
}
_WORDS = {
    "worst": ("  {at}  expected {e}, {m} said {s}", "  {at}  应为 {e}，{m} 答 {s}"),
    "broken": (
        "  {at}  expected {e}, {b} said {o}, {m} said {s}",
        "  {at}  应为 {e}，{b} 答 {o}，{m} 答 {s}",
    ),
    "error": ("  {at}  {m}: {s}", "  {at}  {m}：{s}"),
}


def worst_lines(
    run: Run,
    model: str,
    metric: str,
    language: Language,
    *,
    where: Sequence[tuple[str, str]] = (),
    most: int = _MOST,
) -> list[str]:
    """The rows that pull the metric down, the worst first; of recall[x] those that were x.

    Args:
        run: The result.
        model: Whose answers.
        metric: What is low.
        language: Of the lines.
        where: Conditions on the rows.
        most: How many lines at most.
    """
    labelled = _LABEL.fullmatch(metric)
    name = (labelled["name"] if labelled else metric).replace("-", "_")
    rows = [row for row in run.rows if model in row.answers and holds(row.slices, where)]
    if labelled:
        rows = [row for row in rows if _is_about(row, row.answers[model], name, labelled["label"])]
    fact = _FACTS.get(name)
    if fact is not None:
        found = [row for row in rows if fact(row.answers[model])]
    else:
        scored = [row for row in rows if not isnan(_score(row.answers[model], name))]
        found = sorted(scored, key=lambda row: _score(row.answers[model], name))
        best = max((_score(row.answers[model], name) for row in scored), default=1.0)
        found = [row for row in found if _score(row.answers[model], name) < max(best, 1.0)]
    return [_told(row, model, None, language) for row in found[:most]]


def broken_lines(
    run: Run,
    model: str,
    other: str,
    language: Language,
    *,
    where: Sequence[tuple[str, str]] = (),
    most: int = _MOST,
) -> list[str]:
    """The rows where the model lost most against the other.

    Args:
        run: The result.
        model: The one judged.
        other: The one compared with.
        language: Of the lines.
        where: Conditions on the rows.
        most: How many lines at most.
    """
    lost = [
        (row.answers[other].score - row.answers[model].score, row)
        for row in run.rows
        if model in row.answers and other in row.answers and holds(row.slices, where)
    ]
    found = sorted((pair for pair in lost if pair[0] > 0), key=lambda pair: -pair[0])
    return [_told(row, model, other, language) for _, row in found[:most]]


def _is_about(row: Row, answer: Answer, name: str, label: str) -> bool:
    if name == "recall":
        return row.expected.strip() == label
    if name == "precision":
        return answer.read == label
    return label in (row.expected.strip(), answer.read)


def _score(answer: Answer, name: str) -> float:
    for key in (name, name.replace("_", "-"), name.partition("_")[0]):
        if key in answer.scores:
            return answer.scores[key]
    return answer.score


def _told(row: Row, model: str, other: str | None, language: Language) -> str:
    answer = row.answers[model]
    at = f"{printable(row.source)}:{row.line}"
    zh = language == "zh"
    if answer.error is not None:
        return _WORDS["error"][zh].format(at=at, m=model, s=excerpt(answer.error, 2 * _WIDTH))
    words = _WORDS["worst" if other is None else "broken"][zh]
    said = "" if other is None else _quoted(row.answers[other].text)
    return words.format(
        at=at, e=_quoted(row.expected), m=model, s=_quoted(answer.text), b=other, o=said
    )


def _quoted(text: str) -> str:
    return f"`{excerpt(text, _WIDTH)}`"
