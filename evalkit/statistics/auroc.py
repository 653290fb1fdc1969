# SPDX-License-Identifier: Apache-2.0
"""The area under the ROC curve: how often a positive scores above a negative, ties half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isnan, log, nan, sqrt

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.normal import two_sided_z

__all__ = [
    "FEW_OF_A_CLASS",
    "MIN_OF_A_CLASS",
    "Curve",
    "auroc",
    "curve",
    "curve_interval",
    "logit_ends",
    "macro",
]

MIN_OF_A_CLASS = 5  # below this no interval keeps its promise, and none is given
FEW_OF_A_CLASS = 10  # below this the interval comes with a warning (measured coverage 90 %)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """An area with what each item adds to its error.

    Attributes:
        area: In [0, 1]; NaN where a class is absent.
        influence: Shape (n,); DeLong's variance is Σ influence², his covariance with a second
            curve over the same items Σ influence₁ influence₂. NaN where a class has one item.
        least: Items of the smaller class.
        why: Why the area is undefined.
    """

    area: float
    influence: Array
    least: int
    why: str = ""

    @property
    def variance(self) -> float:
        """Of the area."""
        return float((self.influence**2).sum())


def curve(labels: Sequence[float], scores: Sequence[float]) -> Curve:
    """Area and influences by placements from mid-ranks.

    DeLong, DeLong, Clarke-Pearson (1988), Biometrics 44, 837-845; mid-ranks as Sun & Xu (2014),
    IEEE Signal Processing Letters 21, 1389-1393.

    Args:
        labels: Shape (n,); 1 = positive, 0 = negative.
        scores: Shape (n,), greater = more positive; no NaN.
    """
    import numpy as np

    wanted, s = np.asarray(labels, dtype=float) > 0.5, np.asarray(scores, dtype=float)
    m, k = int(wanted.sum()), int((~wanted).sum())
    influence = np.full(s.size, nan)
    if min(m, k) == 0:
        why = f"all {m + k} items are {'positive' if m else 'negative'}" if m + k else "no items"
        return Curve(area=nan, influence=influence, least=0, why=why)
    ranks = _midranks(s)
    below = (ranks[wanted] - _midranks(s[wanted])) / k  # share of negatives below each positive
    above = 1 - (ranks[~wanted] - _midranks(s[~wanted])) / m  # and of positives above each negative
    area = float(below.mean())
    if min(m, k) > 1:
        influence[wanted] = (below - area) / sqrt(m * (m - 1))
        influence[~wanted] = (above - area) / sqrt(k * (k - 1))
    return Curve(area=area, influence=influence, least=min(m, k))


def macro(curves: Sequence[Curve]) -> Curve:
    """Unweighted mean of the areas of several one-against-the-rest curves over the same items.

    Since every item stands in every curve, so do their errors: influences add, areas average.
    """
    if not curves:
        return curve([], [])
    total = curves[0].influence * 0.0
    for one in curves:
        total = total + one.influence
    return Curve(
        area=sum(c.area for c in curves) / len(curves),
        influence=total / len(curves),
        least=min(c.least for c in curves),
        why=next((c.why for c in curves if c.why), ""),
    )


def _midranks(x: Array) -> Array:
    import numpy as np

    _, place, counts = np.unique(x, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return ranks


def logit_ends(of: Curve, confidence: float) -> tuple[float, float]:
    """Ends of the interval of an area: logit(A) ± z √V / (A (1 - A)), back-transformed.

    Where the classes do not overlap (A = 0 or 1, V = 0) the far end is exact for as many disjoint
    pairs as the smaller class has items, all in order: (alpha/2)^(1/least). NaN where V is
    unknown, or 0 otherwise.
    """
    if of.area in (0.0, 1.0):
        end = ((1 - confidence) / 2) ** (1 / of.least)
        return (end, 1.0) if of.area else (0.0, 1 - end)
    variance = of.variance
    if not variance > 1e-24:  # rounding of equal placements leaves 1e-33
        return nan, nan
    centre = log(of.area / (1 - of.area))
    half = two_sided_z(confidence) * sqrt(variance) / (of.area * (1 - of.area))
    return _expit(centre - half), _expit(centre + half)


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))


def curve_interval(of: Curve, *, confidence: float, n: int, left_out: int = 0) -> Interval:
    """The area as an Interval, by `logit_ends`; its `why` warns of small classes."""
    why, ends = of.why, (nan, nan)
    if n == 0:
        why = "nothing was scored" if left_out else "nothing to count"
    elif not why and of.least < MIN_OF_A_CLASS:
        why = f"only {of.least} of one class: no interval"
    elif not why:
        ends = logit_ends(of, confidence)
        if isnan(ends[0]):
            why = "all scores are equal: no interval"
        elif of.least < FEW_OF_A_CLASS:
            why = f"only {of.least} of one class: the interval is too narrow"
    return Interval(
        value=of.area,
        low=ends[0],
        high=ends[1],
        confidence=confidence,
        n=n,
        left_out=left_out,
        method="logit-delong",
        why=why,
    )


def auroc(
    labels: Sequence[float], scores: Sequence[float], *, confidence: float = 0.95
) -> Interval:
    """Area under the ROC curve with DeLong's interval on the logit scale.

    Args:
        labels: Shape (n,); 1 = positive, 0 = negative.
        scores: Shape (n,), greater = more positive; NaN = left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]. A class absent: NaN. Fewer than 5 of a class, or all scores equal: a value
        without an interval; fewer than 10: `why` warns.
    """
    import numpy as np

    wanted, s = np.asarray(labels, dtype=float), np.asarray(scores, dtype=float)
    known = ~(np.isnan(s) | np.isnan(wanted))
    n = int(known.sum())
    found = curve(wanted[known], s[known])
    return curve_interval(found, confidence=confidence, n=n, left_out=int(s.size - n))
