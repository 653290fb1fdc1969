# SPDX-License-Identifier: Apache-2.0
"""What a judge answered, read strictly: a verdict that has to be guessed is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, NamedTuple

from evalkit.scorers._json_text import TwiceError, objects_in

__all__ = [
    "PointSaid",
    "VerdictSaid",
    "point_schema",
    "read_point",
    "read_verdict",
    "verdict_schema",
]

_VERDICTS: Mapping[str, Literal["A", "B", "tie"]] = {"a": "A", "b": "B", "tie": "tie"}
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
_LONGEST = 100_000  # characters of an answer that are searched: a verdict takes a hundred
_LONGEST_WHY = 1_000
_MOST_OBJECTS = 50
_MOST_SCORES = 100  # that are listed one by one


class VerdictSaid(NamedTuple):
    """A verdict on two answers; None = there is none to read, and `why` says what stands there."""

    verdict: Literal["A", "B", "tie"] | None
    why: str


class PointSaid(NamedTuple):
    """A score; None = there is none to read, and `why` says what stands there."""

    score: float | None
    why: str


def verdict_schema() -> dict[str, Any]:
    """`response_format` of pairwise judging, for models that are held to a schema."""
    return _format("verdict", {"type": "string", "enum": ["A", "B", "tie"]})


def point_schema(scale: tuple[float, float]) -> dict[str, Any]:
    """`response_format` of pointwise judging: whole scores where the ends are whole.

    What a schema cannot hold (the ends of a scale of fractions) is held when it is read.
    """
    low, high = scale
    if low != int(low) or high != int(high):
        return _format("score", {"type": "number"})
    if high - low > _MOST_SCORES:
        return _format("score", {"type": "integer"})
    return _format("score", {"type": "integer", "enum": [*range(int(low), int(high) + 1)]})


def read_verdict(text: str) -> VerdictSaid:
    """The verdict of `{"verdict": "A"|"B"|"tie", "why": ...}`.

    Text may stand around the object (thoughts, a code block). Several objects that do not agree
    are no verdict: one of them may be quoted from an answer.
    """
    value, why = _field(text, "verdict")
    if why is not None and value is None:
        return VerdictSaid(None, why)
    known = _VERDICTS.get(value.strip().lower()) if isinstance(value, str) else None
    return VerdictSaid(known, why or "") if known else VerdictSaid(None, "no such verdict")


def read_point(text: str, scale: tuple[float, float]) -> PointSaid:
    """The score of `{"score": N, "why": ...}`; beyond the scale it is none."""
    value, why = _field(text, "score")
    if why is not None and value is None:
        return PointSaid(None, why)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return PointSaid(None, "the score is no number")
    if not scale[0] <= value <= scale[1]:
        return PointSaid(None, "the score is beyond the scale")
    return PointSaid(float(value), why or "")


def _format(name: str, kind: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {
            "name": name,
            "strict": True,
            "schema": {
                "type": "object",
                "properties": {name: dict(kind), "why": {"type": "string"}},
                "required": [name, "why"],
                "additionalProperties": False,
            },
        },
    }


def _field(text: str, name: str) -> tuple[Any, str | None]:
    """The value under `name` and the reason; (None, what is wrong) where there is none."""
    text = _THOUGHT.sub("", text[:_LONGEST], count=1).strip()
    if not text:
        return None, "an empty answer"
    try:
        found = [value for value in objects_in(text, _MOST_OBJECTS) if name in value]
    except TwiceError:
        return None, "a key stands twice in its object"
    if not found:
        return None, "no JSON object with a verdict" if name == "verdict" else "no JSON object"
    values = [value[name] for value in found]
    if any(value != values[0] or type(value) is not type(values[0]) for value in values):
        return None, "several objects that do not agree"
    if values[0] is None:
        return None, f"its {name} is null"
    why = found[0].get("why")
    return values[0], (why[:_LONGEST_WHY] if isinstance(why, str) else "")
