# SPDX-License-Identifier: Apache-2.0
"""From a paired interval to one of four words, and to how many examples would decide it."""

from __future__ import annotations

from dataclasses import replace
from math import ceil, isnan, nan

from evalkit.core.measure import Better, Difference, Interval, Verdict
from evalkit.statistics.paired import Paired
from evalkit.statistics.power import (
    rows_needed_binary,
    rows_needed_mean,
    visible_binary,
    visible_mean,
)

_NOTHING = 1e-9  # of the spread: what rounding leaves of the difference of equal means
_ROUNDS = 60  # of a contraction that halves the gap: far more than a double can tell

__all__ = ["difference", "improvement", "in_rows", "verdict_of", "visible_difference"]


def difference(
    paired: Paired,
    *,
    metric: str,
    base: str,
    candidate: str,
    where: str,
    better: Better,
    unit: str,
) -> Difference:
    """The paired result with its verdict.

    The ends of a share are cut at ±1: Student's interval of two rows knows no bounds, the
    difference of two shares does.

    Args:
        paired: Candidate minus base.
        metric: Its name.
        base: Model compared with.
        candidate: Model judged.
        where: Slice, "all" for all rows.
        better: Direction of the metric.
        unit: Of the metric.
    """
    paired = _cut(paired) if unit == "share" else paired
    verdict = verdict_of(paired.interval, better)
    # Of errors and the like a 1 is the fault: who gained one has broken the row.
    ones, zeros = paired.fixed, paired.broken
    fixed, broken = (ones, zeros) if better == "higher" else (zeros, ones)
    one_sided = paired.low90 if better == "higher" else -paired.high90
    return Difference(
        metric=metric,
        base=base,
        candidate=candidate,
        slice=where,
        interval=paired.interval,
        low_one_sided=one_sided,
        verdict=verdict,
        needed=_needed(paired) if verdict == "undecided" else None,
        better=better,
        unit=unit,
        fixed=fixed,
        broken=broken,
        visible=nan if where == "all" else visible_difference(paired, unit=unit),
    )


def improvement(interval: Interval, better: Better) -> tuple[float, float, float]:
    """Value, low and high of how much better: the sign is turned where lower is better."""
    if better == "higher":
        return interval.value, interval.low, interval.high
    return -interval.value, -interval.high, -interval.low


def verdict_of(interval: Interval, better: Better) -> Verdict:
    """better: interval above 0 and p < alpha; worse: its mirror; else undecided.

    Both are asked for, since Tango's interval and the mid-p test can disagree at the edge
    (Tango 1998; Fagerland, Lydersen and Laake 2013). NaN decides nothing; where all differences
    are equal there is no interval, and the test speaks alone.
    """
    value, low, high = improvement(interval, better)
    if not interval.p < 1 - interval.confidence:
        return "undecided"
    if isnan(low) or isnan(high):
        low = high = value
    if low > 0:
        return "better"
    return "worse" if high < 0 else "undecided"


def visible_difference(paired: Paired, *, unit: str = "") -> float:
    """The least difference that this set shows at 80 % power, at the confidence of the interval.

    Right and wrong: Connor's formula at the disagreement that a difference d would come with,
    psi = 2 min(b, c)/n + d. The psi seen here would not do: where the candidate is far better, it
    is mostly the difference itself. Means: from the spread of the paired differences.

    Args:
        paired: Candidate minus base.
        unit: Of the metric; no difference of shares is above 1.

    Returns:
        In the metric's unit; NaN where nothing shows, or nothing is known of the spread.
    """
    n = paired.interval.n
    if n < 2 or isnan(paired.spread):
        return nan
    alpha = _alpha(paired)
    if paired.fixed is None or paired.broken is None:
        least = visible_mean(paired.spread, n, alpha=alpha)
        return nan if unit == "share" and least > 1 else least
    noise = 2 * min(paired.fixed, paired.broken) / n
    worth = max(1, round(n / paired.design))  # rows of one conversation tell less
    seen = 0.0
    for _ in range(_ROUNDS):
        seen = visible_binary(min(1.0, noise + seen), worth, alpha=alpha)
    return seen


def _needed(paired: Paired) -> int | None:
    delta = abs(paired.interval.value)
    if isnan(delta) or isnan(paired.spread) or delta <= _NOTHING * paired.spread:
        return None  # no difference seen: no number of rows is known to show one
    if paired.fixed is not None:
        return in_rows(rows_needed_binary(paired.spread, delta, alpha=_alpha(paired)), paired)
    return rows_needed_mean(paired.spread, delta, alpha=_alpha(paired))


def _alpha(paired: Paired) -> float:
    """The chance of a false alarm that the interval allows."""
    return round(1 - paired.interval.confidence, 12)  # of 0.95 it is 0.05 and not 0.050…04


def _cut(paired: Paired) -> Paired:
    """With ends within ±1; NaN stays."""
    low, high, low90, high90 = (
        min(1.0, max(-1.0, end)) if abs(end) > 1 else end
        for end in (paired.interval.low, paired.interval.high, paired.low90, paired.high90)
    )
    interval = replace(paired.interval, low=low, high=high)
    return replace(paired, interval=interval, low90=low90, high90=high90)


def in_rows(needed: int | None, paired: Paired) -> int | None:
    """Rows like these that are worth so many independent ones."""
    return None if needed is None else ceil(needed * paired.design - 1e-9)
