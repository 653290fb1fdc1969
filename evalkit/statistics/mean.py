# SPDX-License-Identifier: Apache-2.0
"""The mean of one sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite, nan, sqrt

from evalkit.core.measure import Interval
from evalkit.statistics.proportion import wilson
from evalkit.statistics.student import t_quantile

__all__ = ["mean"]


def mean(
    values: Sequence[float],
    *,
    confidence: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> Interval:
    """Mean with Student's interval: m ± t_{n-1} s/√n.

    Args:
        values: Shape (n,); NaN ones are left out and counted.
        confidence: Of the interval, in (0, 1).
        bounds: Least and greatest value possible, the latter may be infinite; the interval is cut
            there. Where all values lie on one of two finite bounds, s = 0 says nothing and Wilson's
            interval stands in: it is too wide, never too narrow, for scores between the bounds.

    Returns:
        In the unit of the values. n = 0: NaN; n = 1 or all equal: a value without an interval.
    """
    import numpy as np

    given = np.asarray(values, dtype=float)
    x = given[~np.isnan(given)]
    n, left_out = int(x.size), int(given.size - x.size)
    empty = Interval(value=nan, confidence=confidence, n=n, left_out=left_out, method="t")
    if n == 0:
        return replace(empty, why="nothing was scored" if left_out else "nothing to count")
    centre = float(x.mean())
    least, span = (bounds[0], bounds[1] - bounds[0]) if bounds is not None else (nan, nan)
    if bounds is not None and isfinite(span) and x.min() == x.max() and centre in bounds:
        share = wilson(float(n * (centre - least) / span), n, confidence=confidence)
        return replace(
            empty,
            value=centre,
            low=least + span * share.low,
            high=least + span * share.high,
            method="wilson",
            why="all values are equal: Wilson's interval, too wide for a mean",
        )
    if n == 1:
        return replace(empty, value=centre, why="one value: no interval")
    deviation = float(x.std(ddof=1))
    if deviation <= 1e-12 * max(1e-300, float(np.abs(x).max())):
        return replace(empty, value=centre, why="all values are equal: no interval")
    half = t_quantile((1 + confidence) / 2, n - 1) * deviation / sqrt(n)
    low, high = centre - half, centre + half
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return replace(empty, value=centre, low=low, high=high)
