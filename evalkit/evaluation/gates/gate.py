# SPDX-License-Identifier: Apache-2.0
"""What a gate is, whichever form it is written in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["BASELINE", "JUDGE", "UNITS", "End", "Gate", "Relation", "Where"]

Relation = Literal[
    "better", "not_worse", "at_least", "at_most", "above", "below", "ratio", "judge_agrees"
]
End = Literal["value", "low", "high"]
Where = tuple[tuple[str, str], ...]

BASELINE = "baseline"  # compared with the committed file, where no model has the name
JUDGE = "judge"  # `judge agrees with humans` is about the judge, not about a model

# How units are written: the unit of metrics that is meant, and by what the number is multiplied.
UNITS: dict[str, tuple[str, float]] = {
    "ms": ("ms", 1),
    "s": ("ms", 1000),
    "second": ("ms", 1000),
    "seconds": ("ms", 1000),
    "character": ("characters", 1),
    "characters": ("characters", 1),
    "chars": ("characters", 1),
    "token": ("tokens", 1),
    "tokens": ("tokens", 1),
    "usd": ("usd", 1),
    "eur": ("eur", 1),
    "cny": ("cny", 1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What must hold of one model.

    Attributes:
        sentence: As the user wrote it (of a mapping: what it means); its name everywhere.
        model: The model judged; "judge" for judge_agrees.
        relation: How the number is held against the bound.
        metric: None = the suite's primary metric.
        other: The model compared with, for better, not_worse and ratio.
        bound: Threshold or margin in the metric's unit (a share for "90%" and "2 points"), or the
            factor of a ratio.
        end: Which end of the interval is held against the bound.
        where: Conditions on the row, such as (("lang", "en"),); all must hold; () = all rows.
        percent: Whether the bound was written in percent or points, so that it needs a share.
        unit: The unit that was written beside the bound, as metrics name it: "ms", "characters",
            "tokens", "usd"; "" where none was.
    """

    sentence: str
    model: str
    relation: Relation
    metric: str | None = None
    other: str | None = None
    bound: float = 0.0
    end: End = "value"
    where: Where = ()
    percent: bool = False
    unit: str = ""
