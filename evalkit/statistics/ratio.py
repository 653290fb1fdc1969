# SPDX-License-Identifier: Apache-2.0
"""The ratio of two means over the same items: "costs 1.2 times as much"."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from math import isnan, nan, sqrt

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.clusters import cluster_codes, few_clusters
from evalkit.statistics.student import t_quantile, two_sided_t_p

__all__ = ["paired_ratio"]


def paired_ratio(
    base: Sequence[float],
    candidate: Sequence[float],
    *,
    confidence: float = 0.95,
    clusters: Sequence[Hashable] | None = None,
) -> Interval:
    """Mean of the candidate over mean of the base; the ratio of sums, not the mean of ratios.

    Fieller's interval (1954, JRSS B 16, 175-185): all R at which the t test does not reject
    ȳ - R x̄ = 0, the covariance of the two from the items. It leaves out 1 exactly when the paired t
    test of the difference rejects, and swapping the models inverts it. Measured on lognormal
    costs, sigma 0.6 to 1, n = 15 to 100: 95 to 97 % covered; the delta method on the log scale
    91 to 95 %, its studentised bootstrap 92 to 95 % with wider intervals.

    A limit ("cost <= 1.2x base") is kept where the upper end is below it; the upper end of the
    90 % interval is the one-sided 95 % bound.

    Args:
        base: Shape (n,), amounts >= 0; NaN in either = the pair is left out and counted.
        candidate: Likewise; item i is the same example.
        confidence: Of the interval, in (0, 1).
        clusters: Name of each item's cluster, where items belong together: their totals vary, not
            the items.

    Returns:
        Positive, without unit; p of "the ratio is 1"; `low` is cut at 0. A mean that is not above
        0: NaN. One pair, the same ratio for every item, or a base that could be 0 (a handful of
        items, nearly all 0): no interval.

    Raises:
        ValueError: The two differ in length.
    """
    import numpy as np

    x, y = np.asarray(base, dtype=float), np.asarray(candidate, dtype=float)
    if x.shape != y.shape or (clusters is not None and len(clusters) != x.size):
        raise ValueError(f"pairs need equal lengths, not {x.size} and {y.size}")
    known = ~(np.isnan(x) | np.isnan(y))
    codes = None
    if clusters is not None:
        codes = cluster_codes([c for c, k in zip(clusters, known, strict=True) if k])
    left_out = int(x.size - known.sum())
    x, y = x[known], y[known]
    n = int(x.size)
    empty = Interval(value=nan, confidence=confidence, n=n, left_out=left_out, method="fieller")
    if n == 0:
        why = "no pair is known of both models" if left_out else "no pairs"
        return replace(empty, why=why)
    if not (x.mean() > 0 and y.mean() > 0):
        who = "candidate" if x.mean() > 0 else "base"
        return replace(empty, why=f"the {who}'s mean is not above 0: no ratio")
    found = replace(empty, value=float(y.mean()) / float(x.mean()))
    units = n
    off_x, off_y = x - x.mean(), y - y.mean()
    if codes is not None and int(codes.max()) + 1 < n:
        off_x, off_y = (np.bincount(codes, weights=off) for off in (off_x, off_y))
        units = int(off_x.size)
        found = replace(found, method="fieller-clustered", why=few_clusters(units))
    if units < 2:
        return replace(found, why=found.why or "one pair: no interval")
    return _interval(found, float(x.mean()), float(y.mean()), off_x, off_y)


def _interval(
    found: Interval, base: float, candidate: float, off_x: Array, off_y: Array
) -> Interval:
    """The interval from the deviations of items, or of the totals of clusters, from the means."""
    units, n = off_x.size, found.n
    scale = units / (units - 1) / n**2
    xx, xy, yy = (
        scale * float((a * b).sum()) for a, b in ((off_x, off_x), (off_x, off_y), (off_y, off_y))
    )
    rest = off_y - found.value * off_x
    spread = scale * float((rest**2).sum())  # of ȳ - R x̄
    if spread <= 1e-24 * candidate**2:
        same = abs(found.value - 1) <= 1e-12
        why = "every item has the same ratio: no interval"
        return replace(found, p=1.0 if same else nan, why=why)
    of_difference = yy - 2 * xy + xx
    p = (
        two_sided_t_p((candidate - base) / sqrt(of_difference), units - 1)
        if of_difference > 0
        else nan
    )
    t = t_quantile((1 + found.confidence) / 2, units - 1)
    low, high = _ends(base, candidate, xx, xy, yy, t)
    if isnan(low):
        why = "the base's mean could be 0: the ratio has no bound"
        return replace(found, p=p, why=why)
    return replace(found, low=low, high=high, p=p)


def _ends(
    base: float, candidate: float, xx: float, xy: float, yy: float, t: float
) -> tuple[float, float]:
    """Roots of (ȳ - R x̄)² = t² (yy - 2 R xy + R² xx)."""
    a = base * base - t * t * xx
    half_b = base * candidate - t * t * xy
    c = candidate * candidate - t * t * yy
    square = half_b * half_b - a * c
    if a <= 0 or square < 0:
        return nan, nan
    return max(0.0, (half_b - sqrt(square)) / a), (half_b + sqrt(square)) / a
