# SPDX-License-Identifier: Apache-2.0
"""Average precision: the area under the precision-recall curve, in steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan, nan

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.auroc import FEW_OF_A_CLASS, MIN_OF_A_CLASS
from evalkit.statistics.paired import Paired, paired_resample
from evalkit.statistics.resample import bootstrap

__all__ = ["AveragePrecision", "auprc", "average_precision", "paired_auprc"]


class AveragePrecision:
    """Average precision as a function of row indices, for resampling.

    Rows are sorted once; a resample only counts how often each occurs.
    """

    def __init__(self, labels: Sequence[float] | Array, scores: Sequence[float] | Array) -> None:
        import numpy as np

        wanted, s = np.asarray(labels, dtype=float) > 0.5, np.asarray(scores, dtype=float)
        self._order = np.argsort(-s, kind="stable")
        ranked = s[self._order]
        self.positives = int(wanted.sum())
        self.n = int(s.size)
        self._wanted = wanted[self._order]
        change = np.flatnonzero(ranked[1:] != ranked[:-1]) if self.n else np.empty(0, dtype=int)
        self._ends = np.concatenate([change, [self.n - 1]]) if self.n else change
        self._tied = self._ends.size < self.n

    def __call__(self, indices: Array) -> float:
        """Of the rows with these indices."""
        import numpy as np

        return self.of(np.bincount(indices, minlength=self.n))

    def value(self) -> float:
        """Of every row once."""
        import numpy as np

        return self.of(np.ones(self.n, dtype=np.int64))

    def of(self, counts: Array) -> float:
        """Where row i occurs counts[i] times."""
        import numpy as np

        ranked = counts[self._order]
        gained, seen = ranked * self._wanted, np.cumsum(ranked)
        found = np.cumsum(gained)
        if not found.size or found[-1] == 0:
            return nan
        if self._tied:
            found, seen = found[self._ends], seen[self._ends]
            gained = np.diff(found, prepend=0)
        held = np.flatnonzero(gained)  # no other threshold adds anything
        return float((gained[held] * found[held] / seen[held]).sum() / found[-1])

    def of_many(self, counts: Array) -> Array:
        """As `of`, of each row of counts, shape (r, n)."""
        import numpy as np

        if not self.n:
            return np.full(len(counts), nan)
        ranked = counts[:, self._order]
        gained, seen = ranked * self._wanted, ranked.cumsum(axis=1)
        found = gained.cumsum(axis=1)
        if self._tied:
            found, seen = found[:, self._ends], seen[:, self._ends]
            gained = np.diff(found, prepend=0, axis=1)
        summed = (gained * found / np.maximum(seen, 1)).sum(axis=1)
        with np.errstate(invalid="ignore"):  # no positive: 0/0 is NaN
            values: Array = summed / found[:, -1]
        return values


def average_precision(labels: Sequence[float] | Array, scores: Sequence[float] | Array) -> float:
    """Σₖ (Rₖ - Rₖ₋₁) Pₖ over the thresholds, from the highest score down; ties are one threshold.

    Equal to scikit-learn's `average_precision_score`. A model that knows nothing has the share of
    positives, not 1/2.

    Args:
        labels: Shape (n,); 1 = positive, 0 = negative.
        scores: Shape (n,), greater = more positive; no NaN.

    Returns:
        In (0, 1]; no positive: NaN.
    """
    return AveragePrecision(labels, scores).value()


def auprc(
    labels: Sequence[float],
    scores: Sequence[float],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Average precision with the bootstrap interval of items.

    Args:
        labels: Shape (n,); 1 = positive, 0 = negative.
        scores: Shape (n,), greater = more positive; NaN = left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the draws.

    Returns:
        In [0, 1]; BCa (percentile above 5,000 items). A class absent: NaN. Fewer than 5 of a
        class: no interval; fewer than 10: `why` warns. All in order (1): the lower end is that of
        the share of positives found first, (alpha/2)^(1/positives).
    """
    import numpy as np

    wanted, s = np.asarray(labels, dtype=float), np.asarray(scores, dtype=float)
    known = ~(np.isnan(wanted) | np.isnan(s))
    n, left_out = int(known.sum()), int(s.size - known.sum())
    statistic = AveragePrecision(wanted[known], s[known])
    least = min(statistic.positives, n - statistic.positives)
    if n == 0 or least < MIN_OF_A_CLASS:
        return _without_interval(statistic, n, left_out, least, confidence)
    found = bootstrap(statistic, n, seed=seed).interval(confidence, n=n, left_out=left_out)
    if isnan(found.low) and found.value == 1.0:
        low = ((1 - confidence) / 2) ** (1 / statistic.positives)
        why = "all positives come first: the interval is that of their number"
        return replace(found, low=low, high=1.0, method="exact-separated", why=why)
    if not found.why and least < FEW_OF_A_CLASS:
        return replace(found, why=f"only {least} of one class: the interval is too narrow")
    return found


def paired_auprc(
    labels: Sequence[float],
    base: Sequence[float],
    candidate: Sequence[float],
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Paired:
    """Difference of two average precisions of the same items, by resampling the items.

    Args:
        labels: Shape (n,); 1 = positive, 0 = negative.
        base: Shape (n,), greater = more positive; NaN in either = left out and counted.
        candidate: Likewise.
        confidence: Of the interval, in (0, 1).
        seed: Swapping the two mirrors the result.

    Returns:
        In [-1, 1]. A class absent: NaN; fewer than 5 of a class: no interval.
    """
    import numpy as np

    wanted = np.asarray(labels, dtype=float)
    one, two = np.asarray(base, dtype=float), np.asarray(candidate, dtype=float)
    known = ~(np.isnan(wanted) | np.isnan(one) | np.isnan(two))
    n, left_out = int(known.sum()), int(wanted.size - known.sum())
    x, y = (AveragePrecision(wanted[known], scores[known]) for scores in (one, two))
    least = min(x.positives, n - x.positives)
    if n == 0 or least < MIN_OF_A_CLASS:
        found = _without_interval(x, n, left_out, least, confidence)
        return Paired(interval=replace(found, value=y.value() - x.value()))
    found2 = paired_resample(x, y, n, confidence=confidence, seed=seed)
    return replace(found2, interval=replace(found2.interval, left_out=left_out))


def _without_interval(
    statistic: AveragePrecision, n: int, left_out: int, least: int, confidence: float
) -> Interval:
    if n == 0:
        why = "nothing was scored" if left_out else "nothing to count"
    elif least == 0:
        why = f"all {n} items are {'positive' if statistic.positives else 'negative'}"
    else:
        why = f"only {least} of one class: no interval"
    return Interval(
        value=statistic.value() if least else nan,
        confidence=confidence,
        n=n,
        left_out=left_out,
        method="bca-bootstrap",
        why=why,
    )
