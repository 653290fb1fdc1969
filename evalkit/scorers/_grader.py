# SPDX-License-Identifier: Apache-2.0
"""OpenAI's grader objects as scorers: string_check, text_similarity, score_model, label_model.

Their shape is that of the API reference of 2026-11 (openai-openapi, `Grader*`). A grader of type
`python` holds source code in data: it is never run. `multi` is a formula over others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import nan
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.scale import Scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._grader_models import label_model, score_model
from evalkit.scorers._grader_words import known_keys, template_of, threshold_of, word_of
from evalkit.scorers._similarity import SIMILARITIES, similarity
from evalkit.scorers._template import AbsentError, filled, values_for

__all__ = ["Grader", "grader_scorer"]

_OPERATIONS = ("eq", "ne", "like", "ilike")


@dataclass(frozen=True, slots=True)
class Grader:
    """A grader as a scorer.

    Attributes:
        score: Takes reply, expected, example, and `ask` where a model judges.
        scale: What its numbers mean.
        model: Whom it asks, as the grader writes it; None = nobody.
    """

    score: Callable[..., Score]
    scale: Scale
    model: str | None = None


def grader_scorer(document: Any, where: str) -> Grader:
    """The scorer that a grader object describes.

    Args:
        document: Parsed JSON.
        where: For messages.

    Raises:
        UsageError: Not a grader, one that cannot be run here, or one with a fault.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("type"), str):
        raise UsageError(
            f"{where}: no grader object (it has no `type`)", f"types: {', '.join(_MADE)}"
        )
    kind = document["type"]
    if kind == "python":
        raise UsageError(
            f"{where}: a grader of type python holds code in data, which is never run",
            "put the code in a file of yours: use: python:checks.py:grade",
        )
    if kind not in _MADE:
        raise UsageError(
            f"{where}: no grader of the type `{excerpt(kind)}` is known"
            f"{suggestion(kind, list(_MADE))}",
            f"types: {', '.join(_MADE)}"
            + ("; name the graders of a `multi` one by one" if kind == "multi" else ""),
        )
    made = _MADE[kind](document, where)
    known_keys(document, where)  # last: what is wrong with its values says more
    return made


def _string_check(document: Mapping[str, Any], where: str) -> Grader:
    given, wanted = template_of(document, "input", where), template_of(document, "reference", where)
    operation = word_of(document, "operation", _OPERATIONS, where)

    def check(a: str, b: str) -> Score:
        if operation in ("eq", "ne"):
            return Score(float((a == b) == (operation == "eq")), answer=a or None)
        if operation == "ilike":
            a, b = a.casefold(), b.casefold()
        return Score(float(b in a), answer=a or None)

    return Grader(_over(given, wanted, check), Scale("share", binary=True))


def _text_similarity(document: Mapping[str, Any], where: str) -> Grader:
    given, wanted = template_of(document, "input", where), template_of(document, "reference", where)
    name = word_of(document, "evaluation_metric", SIMILARITIES, where)
    threshold = threshold_of(document, 0.0, 1.0, where)
    worth = similarity(name, where)

    def check(a: str, b: str) -> Score:
        value = worth(a, b)
        if threshold is not None:
            return Score(float(value >= threshold), answer=a or None, why=f"{name} {value:.3g}")
        return Score(value, answer=a or None)

    return Grader(_over(given, wanted, check), Scale("share", binary=threshold is not None))


def _over(
    given: str, wanted: str, check: Callable[[str, str], Score]
) -> Callable[[Reply, str, Example], Score]:
    def score(reply: Reply, expected: str, example: Example) -> Score:
        if error := failed(reply):
            return error
        values = values_for(reply, expected, example)
        try:
            return check(filled(given, values), filled(wanted, values))
        except AbsentError as absent:
            place = excerpt(str(absent))
            if place.startswith("sample."):  # the model did not answer so: wrong, not unknown
                return Score(0.0, why=f"the answer has no {place}")
            return Score(nan, why=f"the row has no {place}", fault="row")

    return score


def _score_model(document: Mapping[str, Any], where: str) -> Grader:
    made = score_model(document, where)
    return Grader(made.score, made.scale, made.model)


def _label_model(document: Mapping[str, Any], where: str) -> Grader:
    made = label_model(document, where)
    return Grader(made.score, made.scale, made.model)


_MADE: Mapping[str, Callable[[Mapping[str, Any], str], Grader]] = {
    "string_check": _string_check,
    "text_similarity": _text_similarity,
    "score_model": _score_model,
    "label_model": _label_model,
}
