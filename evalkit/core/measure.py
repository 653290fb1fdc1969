# SPDX-License-Identifier: Apache-2.0
"""Numbers that never stand alone: a value with n, interval, method and unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import nan
from typing import Literal

__all__ = ["LEAST_CONFIDENCE", "Better", "Difference", "Interval", "Measure", "Verdict"]

# Of intervals that users ask for: a narrower one would call chance a difference.
LEAST_CONFIDENCE = 0.8

Better = Literal["higher", "lower"]
Verdict = Literal["better", "not_worse", "worse", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A value between two ends.

    Attributes:
        value: Point estimate; NaN = undefined, with `why`.
        low: Lower end, NaN where no interval exists.
        high: Upper end.
        confidence: In (0, 1).
        n: Items that counted.
        left_out: Items that could not be scored.
        method: Such as "wilson" or "t".
        why: Why undefined; or what to mind.
        p: Two-sided p-value where a test belongs to the interval (differences).
    """

    value: float
    low: float = nan
    high: float = nan
    confidence: float = 0.95
    n: int = 0
    left_out: int = 0
    method: str = ""
    why: str = ""
    p: float = nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One metric of one model on one slice.

    Attributes:
        model: The model's name in the suite.
        metric: Such as "accuracy" or "recall[refund]".
        slice: "all", or "lang=zh".
        interval: The numbers.
        unit: "share", "usd", "ms", "tokens", "characters", "score".
        better: Which direction is good.
        signature: Two measures may be compared only where these are equal.
    """

    model: str
    metric: str
    slice: str
    interval: Interval
    unit: str
    better: Better
    signature: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Candidate minus base over the same examples.

    Attributes:
        metric: As in `Measure`.
        base: The model compared with.
        candidate: The model judged.
        slice: As in `Measure`.
        interval: Of the paired difference, in the metric's unit; p in it.
        low_one_sided: Lower end of the one-sided 95 % interval of the *improvement* (sign turned
            where lower is better): what a margin is held against.
        verdict: Without a margin: better, worse or undecided; with one also not_worse.
        needed: About how many examples would decide it; None where that is not known.
        better: Which direction of the metric is good.
        unit: As in `Measure`.
        fixed: Examples that only the candidate got right (binary metrics), else None.
        broken: Examples that only the base got right.
        visible: Of a slice: the least difference that its pairs show at 80 % power; NaN elsewhere.
        q: Of a slice: Benjamini-Hochberg's q over the slices of this metric and pair.
        p_holm: Holm's p over the candidates, where several are compared: the verdict goes by it.
    """

    metric: str
    base: str
    candidate: str
    slice: str
    interval: Interval
    low_one_sided: float
    verdict: Verdict
    needed: int | None
    better: Better
    unit: str
    fixed: int | None = None
    broken: int | None = None
    visible: float = field(default=nan, metadata={"rare": True})
    q: float = field(default=nan, metadata={"rare": True})
    p_holm: float = field(default=nan, metadata={"rare": True})
