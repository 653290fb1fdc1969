# SPDX-License-Identifier: Apache-2.0
"""Values that come in clusters: turns of one conversation, repeats of one question.

Items of a cluster are alike, so n of them tell less than n independent ones. What is independent is
the cluster: every error here is of the totals of clusters. Measured with 5 to 120 clusters of 1 to
12 items and an intra-cluster correlation of 0.3: of right and wrong answers the usual 95 % interval
covers 64 to 74 %, that of `clustered_share` 92 to 98 %, that of `clustered_mean` 85 to 97 %.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from math import isfinite, isnan, nan, sqrt

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.paired import Paired, preference_spread
from evalkit.statistics.paired_binary import tango
from evalkit.statistics.proportion import wilson
from evalkit.statistics.sign_flip import sign_flip_p
from evalkit.statistics.student import t_quantile, two_sided_t_p

__all__ = [
    "FEWEST",
    "cluster_codes",
    "cluster_error",
    "clustered_mean",
    "clustered_share",
    "design_effect",
    "effective_n",
    "few_clusters",
    "paired_clustered_mean",
    "paired_clustered_preference",
    "paired_clustered_share",
]

FEWEST = 5  # clusters; below that no test is given
_FEW = 20  # clusters; below that the interval comes with a warning
_T_ABOVE = 5000  # clusters; there the sign-flip and the t p-value agree to two digits


def cluster_codes(clusters: Sequence[Hashable]) -> Array:
    """Names of clusters as integers in [0, G), in the order of their first item; shape (n,)."""
    import numpy as np

    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(name, len(known)) for name in clusters], dtype=np.int64)


def cluster_error(values: Array, codes: Array) -> float:
    """Standard error of the mean by the jackknife that leaves out a cluster at a time (CR3).

    √((G-1)/G Σ (m₍g₎ - m)²), m₍g₎ the mean without cluster g. Cameron, Miller (2015), Journal of
    Human Resources 50, 317-372, VI.B; Miller (2024), arXiv 2411.00640, for evaluations of models.
    With clusters of one item each it is s/√n exactly.

    Args:
        values: Shape (n,), finite.
        codes: Cluster of each, in [0, G).

    Returns:
        In the unit of the values; fewer than two clusters: NaN.
    """
    import numpy as np

    sizes = np.bincount(codes)
    groups = int(np.count_nonzero(sizes))
    if groups < 2:
        return nan
    centre = float(values.mean())  # taken off first: no cancellation
    totals = np.bincount(codes, weights=values - centre)[sizes > 0]
    without = -totals / (values.size - sizes[sizes > 0])
    return sqrt((groups - 1) / groups * float((without**2).sum()))


def design_effect(values: Array, codes: Array) -> float:
    """(clustered error / error of independent items)²; NaN where either is 0 or unknown."""
    usual = float(values.std(ddof=1)) / sqrt(values.size) if values.size > 1 else 0.0
    error = cluster_error(values, codes)
    return (error / usual) ** 2 if usual > 0 and error > 0 else nan


def few_clusters(groups: int) -> str:
    """What to mind with so few clusters; "" where there are enough."""
    if groups < 2:
        return "all rows belong together: no interval"
    if groups < FEWEST:
        return f"only {groups} independent groups of rows: the interval is rough, and no test"
    return f"only {groups} independent groups of rows: the interval is rough" * (groups < _FEW)


def clustered_mean(
    values: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    confidence: float = 0.95,
    bounds: tuple[float, float] | None = None,
) -> Interval:
    """Mean over all items, m ± t_{G-1} times the error of `cluster_error`.

    Args:
        values: Shape (n,); NaN ones are left out and counted.
        clusters: Name of each one's cluster.
        confidence: Of the interval, in (0, 1).
        bounds: As for `mean`. Where all values lie on one of two finite bounds, Wilson's interval
            of as many items as there are clusters stands in.

    Returns:
        In the unit of the values; n = items. n = 0: NaN; one cluster, or clusters that do not
        differ: a value without an interval.
    """
    x, codes, left_out = _known([values], clusters)
    groups, empty = _groups(codes), _empty(codes.size, left_out, confidence, "t-clustered")
    if codes.size == 0:
        return empty
    found = replace(empty, value=float(x[0].mean()), why=few_clusters(groups))
    least, span = (bounds[0], bounds[1] - bounds[0]) if bounds is not None else (nan, nan)
    equal = x[0].min() == x[0].max()
    if bounds is not None and isfinite(span) and equal and found.value in bounds:
        share = wilson(groups * (found.value - least) / span, groups, confidence=confidence)
        return replace(
            found,
            low=least + span * share.low,
            high=least + span * share.high,
            method="wilson-clustered",
            why="all values are equal: Wilson's interval of the independent groups of rows",
        )
    error = cluster_error(x[0], codes)
    if isnan(error):
        return found
    if error <= _nothing(x[0]):
        return replace(found, why="all groups of rows are equal: no interval")
    half = t_quantile((1 + confidence) / 2, groups - 1) * error
    low, high = found.value - half, found.value + half
    if bounds is not None:
        low, high = max(low, bounds[0]), min(high, bounds[1])
    return replace(found, low=low, high=high)


def clustered_share(
    values: Sequence[float], clusters: Sequence[Hashable], *, confidence: float = 0.95
) -> Interval:
    """A proportion: Wilson's interval of the number of independent items that these are worth.

    n* = min(n, 1 + p(1-p)/v), v the square of `cluster_error`, and t_{G-1} in the place of z, as
    Korn and Graubard (1998), Survey Methodology 24, 193-201; n* = n for clusters of one item. All
    right or all wrong: v = 0 says nothing, and n* = G is the worst case (a cluster is one item).

    Args:
        values: Shape (n,), 0 or 1; NaN ones are left out and counted.
        clusters: Name of each one's cluster.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; n = items. n = 0: NaN; one cluster: a value without an interval.
    """
    x, codes, left_out = _known([values], clusters)
    groups, empty = _groups(codes), _empty(codes.size, left_out, confidence, "wilson-clustered")
    if codes.size == 0:
        return empty
    share = float(x[0].mean())
    found = replace(empty, value=share, why=few_clusters(groups))
    if groups < 2:
        return found
    ends = wilson(
        float(x[0].sum()),
        codes.size,
        confidence=confidence,
        worth=effective_n(share * (1 - share), x[0], codes),
        z=_critical(confidence, groups),
    )
    return replace(found, low=ends.low, high=ends.high)


def paired_clustered_share(
    base: Sequence[float],
    candidate: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Paired:
    """Difference of two shares: Tango's interval of n* pairs, mid-p of flipping whole clusters.

    n* = min(n, 1 + (psi - D²)/v), psi the share of pairs that differ, D their mean difference, v
    the square of `cluster_error` of the differences; b and c are scaled by n*/n, and t_{G-1}
    stands for z. The test flips the sign of a cluster's total at a time (`sign_flip_p`); with
    clusters of one pair it is McNemar's mid-p, and n* = n.

    Args:
        base: Shape (n,), 0 or 1; NaN in either = the pair is left out and counted.
        candidate: Likewise; item i is the same question.
        clusters: Name of each pair's cluster.
        confidence: Of the interval, in (0, 1).
        seed: Of the sign flips.

    Returns:
        In [-1, 1]; n = pairs. No pairs: NaN; one cluster: no interval; fewer than 5: no p.
    """
    (x, y), codes, left_out = _known([base, candidate], clusters)
    empty = _empty(codes.size, left_out, confidence, "tango-clustered+sign-flip", pairs=True)
    fixed, broken = int((y > x).sum()), int((y < x).sum())
    if codes.size == 0:
        return Paired(interval=empty, fixed=0, broken=0)
    n, groups, d = codes.size, _groups(codes), y - x
    value, psi = float(d.mean()), (fixed + broken) / n
    found = replace(
        empty, value=value, why=few_clusters(groups), p=_flipped(d, codes, seed, mid=True)
    )
    effect = design_effect(d, codes)
    result = Paired(
        interval=found,
        spread=psi,
        fixed=fixed,
        broken=broken,
        design=1.0 if isnan(effect) else max(1.0, effect),
    )
    if groups < 2:
        return result
    worth = effective_n(psi - value * value, d, codes)
    low, high, low90, high90 = (
        end
        for share in (confidence, 0.9)
        for end in tango(fixed * worth / n, broken * worth / n, worth, z=_critical(share, groups))
    )
    return replace(result, interval=replace(found, low=low, high=high), low90=low90, high90=high90)


def paired_clustered_preference(
    base: Sequence[float],
    candidate: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Paired:
    """Difference of two win rates over clusters: half of `paired_clustered_share`'s of win or loss.

    Args:
        base: Shape (n,), as of `paired_preference`; NaN in either = left out and counted.
        candidate: Likewise; item i is the same question.
        clusters: Name of each pair's cluster.
        confidence: Of the interval, in (0, 1).
        seed: Of the sign flips.

    Returns:
        In [-1/2, 1/2]; `spread` holds the design effect. Differences other than -1/2, 0 and 1/2:
        as `paired_clustered_mean`.
    """
    import numpy as np

    d = np.asarray(candidate, dtype=float) - np.asarray(base, dtype=float)
    known = d[~np.isnan(d)]
    if not ((known == 0) | (np.abs(known) == 0.5)).all():
        return paired_clustered_mean(base, candidate, clusters, confidence=confidence, seed=seed)
    lost, won = np.where(np.isnan(d), nan, d < 0), np.where(np.isnan(d), nan, d > 0)
    found = paired_clustered_share(
        lost.tolist(), won.tolist(), clusters, confidence=confidence, seed=seed
    )
    of = found.interval
    whole = replace(of, value=of.value / 2, low=of.low / 2, high=of.high / 2)
    wins, losses = found.fixed or 0, found.broken or 0
    plain = preference_spread(wins, losses, of.n) if of.n else nan
    return Paired(
        interval=whole,
        low90=found.low90 / 2,
        high90=found.high90 / 2,
        spread=plain * sqrt(found.design),
    )


def paired_clustered_mean(
    base: Sequence[float],
    candidate: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Paired:
    """Difference of two means over all pairs: D ± t_{G-1} error, p by flipping whole clusters.

    The error is `cluster_error` of the paired differences. Under no difference the total of a
    cluster is as likely to have either sign: `sign_flip_p` of the totals (above 5,000 clusters
    the t p-value).

    Args:
        base: Shape (n,); NaN in either = the pair is left out and counted.
        candidate: Likewise; item i is the same question.
        clusters: Name of each pair's cluster.
        confidence: Of the interval, in (0, 1).
        seed: Of the sign flips.

    Returns:
        In the metric's unit; n = pairs; `spread` holds the design effect. No pairs: NaN; one
        cluster, or clusters that do not differ: no interval; fewer than 5: no p.
    """
    (x, y), codes, left_out = _known([base, candidate], clusters)
    empty = _empty(codes.size, left_out, confidence, "t-clustered+sign-flip", pairs=True)
    if codes.size == 0:
        return Paired(interval=empty)
    d, groups = y - x, _groups(codes)
    found = replace(
        empty, value=float(d.mean()), why=few_clusters(groups), p=_flipped(d, codes, seed)
    )
    error = cluster_error(d, codes)
    if isnan(error):
        return Paired(interval=found)
    if error <= max(_nothing(x), _nothing(y)):
        why = "all groups of rows differ alike: no interval"
        return Paired(interval=replace(found, why=why), spread=0.0)
    half, half90 = (t_quantile((1 + c) / 2, groups - 1) * error for c in (confidence, 0.9))
    return Paired(
        interval=replace(found, low=found.value - half, high=found.value + half),
        low90=found.value - half90,
        high90=found.value + half90,
        spread=error * sqrt(codes.size),
    )


def _known(
    columns: Sequence[Sequence[float]], clusters: Sequence[Hashable]
) -> tuple[list[Array], Array, int]:
    """The items known in every column, their clusters, and how many are not."""
    import numpy as np

    arrays = [np.asarray(column, dtype=float) for column in columns]
    if any(a.shape != (len(clusters),) for a in arrays):
        raise ValueError(f"{len(clusters)} clusters for {[a.size for a in arrays]} values")
    known = ~np.isnan(np.sum(arrays, axis=0)) if len(clusters) else np.zeros(0, dtype=bool)
    codes = cluster_codes([c for c, k in zip(clusters, known, strict=True) if k])
    return [a[known] for a in arrays], codes, int(known.size - known.sum())


def _groups(codes: Array) -> int:
    return int(codes.max()) + 1 if codes.size else 0


def effective_n(variance: float, values: Array, codes: Array) -> float:
    """How many independent items these are worth: min(n, 1 + variance / error²), in [1, n].

    Korn, Graubard (1998), Survey Methodology 24, 193-201, with the error of `cluster_error`; n for
    clusters of one item. All values equal: the number of clusters.

    Args:
        variance: Of one item, without Bessel's correction: p (1 - p), psi - D².
        values: Shape (n,), finite.
        codes: Cluster of each, in [0, G).
    """
    n, groups = codes.size, _groups(codes)
    if variance <= _nothing(values):
        return groups
    error = cluster_error(values, codes)
    return min(n, 1 + variance / error**2) if error > 1e-12 else n


def _critical(confidence: float, groups: int) -> float:
    return t_quantile((1 + confidence) / 2, groups - 1)


def _flipped(differences: Array, codes: Array, seed: int, *, mid: bool = False) -> float:
    import numpy as np

    groups = _groups(codes)
    if groups < FEWEST:
        return nan
    totals = np.bincount(codes, weights=differences)
    if groups <= _T_ABOVE:
        return sign_flip_p(totals, seed=seed, mid=mid)
    error = cluster_error(differences, codes)
    value = float(differences.mean())
    return two_sided_t_p(value / error, groups - 1) if error > 0 else float(value == 0)


def _nothing(values: Array) -> float:
    """What rounding alone may leave of a spread of such values."""
    import numpy as np

    return 1e-12 * max(1e-300, float(np.abs(values).max()))


def _empty(
    n: int, left_out: int, confidence: float, method: str, *, pairs: bool = False
) -> Interval:
    none = "no pair is scored in both models" if pairs else "nothing was scored"
    why = (none if left_out else "no pairs" if pairs else "nothing to count") if n == 0 else ""
    return Interval(
        value=nan, confidence=confidence, n=n, left_out=left_out, method=method, why=why
    )
