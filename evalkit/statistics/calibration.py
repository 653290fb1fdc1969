# SPDX-License-Identifier: Apache-2.0
"""Whether probabilities mean what they say: Brier score, log loss, expected calibration error.

Probabilities are of one label, shape (n,), with outcomes 1 (it was that label) or 0; or of K
labels, shape (n, K), with outcomes = the place of the right label. Rows with a NaN are the
caller's to leave out and to count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.auroc import MIN_OF_A_CLASS
from evalkit.statistics.resample import BCA_UP_TO, CELLS, bootstrap

__all__ = [
    "BINS",
    "CalibrationError",
    "MassBin",
    "brier",
    "brier_each",
    "ece",
    "ece_interval",
    "log_loss",
    "log_loss_each",
    "mass_bins",
]

BINS = 15
_FLOOR = 2.220446049250313e-16  # of a probability in a logarithm, as scikit-learn's for doubles


@dataclass(frozen=True, slots=True)
class MassBin:
    """Rows of about the same probability.

    Attributes:
        low: Least probability in it.
        high: Greatest.
        n: Rows.
        mean_probability: What was said.
        share_right: What happened.
    """

    low: float
    high: float
    n: int
    mean_probability: float
    share_right: float


def brier_each(probabilities: Sequence[float] | Array, outcomes: Sequence[int] | Array) -> Array:
    """The squared error of each row: (p - y)², or Σₖ (pₖ - yₖ)² over K labels.

    Returns:
        Shape (n,), in [0, 1], or [0, 2] over K labels (twice the former where K = 2). Brier
        (1950), Monthly Weather Review 78, 1-3.
    """
    import numpy as np

    p, wanted = np.asarray(probabilities, dtype=float), np.asarray(outcomes)
    if p.ndim == 1:
        squares: Array = (p - wanted) ** 2
        return squares
    right = np.arange(p.shape[1]) == wanted[:, None]
    summed: Array = ((p - right) ** 2).sum(axis=1)
    return summed


def brier(probabilities: Sequence[float] | Array, outcomes: Sequence[int] | Array) -> float:
    """The mean of `brier_each`; equal to scikit-learn's `brier_score_loss` for one label."""
    return _mean(brier_each(probabilities, outcomes))


def log_loss_each(probabilities: Sequence[float] | Array, outcomes: Sequence[int] | Array) -> Array:
    """-ln of the probability of what happened, for each row, in nats.

    Probabilities are kept 2.2e-16 away from 0 and 1, so that one confident mistake costs 36 and
    not infinity. K labels that do not add up to 1 are divided by their sum, as scikit-learn does.

    Returns:
        Shape (n,), >= 0.
    """
    import numpy as np

    p, wanted = np.asarray(probabilities, dtype=float), np.asarray(outcomes)
    if p.ndim == 1:
        said = np.where(wanted > 0.5, p, 1 - p)
    else:
        said = p[np.arange(len(p)), wanted.astype(np.int64)] / p.sum(axis=1)
    losses: Array = -np.log(np.clip(said, _FLOOR, 1 - _FLOOR))
    return losses


def log_loss(probabilities: Sequence[float] | Array, outcomes: Sequence[int] | Array) -> float:
    """The mean of `log_loss_each`."""
    return _mean(log_loss_each(probabilities, outcomes))


def mass_bins(
    probabilities: Sequence[float] | Array, outcomes: Sequence[int] | Array, bins: int = BINS
) -> list[MassBin]:
    """Rows sorted by probability, cut into bins of the same number of rows.

    Equal probabilities stay together, in the bin that their middle falls into: where a model says
    only 0.9 or 1.0 there are two bins, however many are asked for.

    Args:
        probabilities: Shape (n,), in [0, 1].
        outcomes: Shape (n,), 1 or 0.
        bins: Most bins.

    Returns:
        By rising probability; none is empty.
    """
    import numpy as np

    statistic = CalibrationError(probabilities, outcomes, bins)
    if statistic.n == 0:
        return []
    n, said, right, last = statistic.sums(np.ones(statistic.n))
    distinct = statistic.distinct
    first = np.concatenate([[0], last[:-1] + 1]).astype(int)
    return [
        MassBin(float(distinct[a]), float(distinct[b]), int(m), float(s / m), float(r / m))
        for a, b, m, s, r in zip(first, last, n, said, right, strict=True)
    ]


class CalibrationError:
    """The expected calibration error as a function of row indices, for resampling.

    Every resample cuts its own bins of equal mass; of more than 5,000 rows those of the rows
    themselves stand, since hundreds of rows to a bin hardly move its ends.

    Attributes:
        inflated: Repeated rows make bins rougher and the error greater (see `ece_interval`).
    """

    inflated = True

    def __init__(
        self,
        probabilities: Sequence[float] | Array,
        outcomes: Sequence[int] | Array,
        bins: int = BINS,
    ) -> None:
        import numpy as np

        p = np.asarray(probabilities, dtype=float)
        self.n, self.bins = int(p.size), bins
        self.distinct, self.place = np.unique(p, return_inverse=True)
        self.right = np.asarray(outcomes, dtype=float)
        self._bin_of = self._bins(np.ones(self.n)) if self.n > BCA_UP_TO else None
        self._gap = p - self.right
        self._order = np.argsort(self.place, kind="stable")
        self._starts = np.searchsorted(self.place[self._order], np.arange(len(self.distinct)))

    def _bins(self, counts: Array) -> Array:
        """The bin of each row."""
        import numpy as np

        ends = self.sums(counts)[3]
        places: Array = np.searchsorted(ends, self.place)
        return places

    def __call__(self, indices: Array) -> float:
        """Of the rows with these indices."""
        import numpy as np

        return self.of(np.bincount(indices, minlength=self.n))

    def of(self, counts: Array) -> float:
        """Where row i occurs counts[i] times."""
        import numpy as np

        if self._bin_of is not None:
            gaps = np.bincount(self._bin_of, weights=counts * self._gap)
            return float(np.abs(gaps).sum() / counts.sum())
        n, said, right, _ = self.sums(counts)
        total = float(n.sum())
        return float(np.abs(said - right).sum() / total) if total else nan

    def of_many(self, counts: Array) -> Array:
        """As `of`, of each row of counts, shape (r, n)."""
        import numpy as np

        rows = np.arange(len(counts))[:, None] * self.bins
        totals = counts.sum(axis=1)
        if self._bin_of is not None:
            gaps, bin_of = counts * self._gap, np.broadcast_to(self._bin_of, counts.shape)
        else:
            ranked = counts[:, self._order]
            mass = np.add.reduceat(ranked, self._starts, axis=1)
            gaps = np.add.reduceat(ranked * self._gap[self._order], self._starts, axis=1)
            middle = mass.cumsum(axis=1) - mass / 2
            share = middle * self.bins / np.maximum(totals, 1)[:, None]
            bin_of = np.minimum(share.astype(np.int64), self.bins - 1)
        summed = np.bincount(
            (bin_of + rows).ravel(), weights=gaps.ravel(), minlength=len(counts) * self.bins
        ).reshape(len(counts), self.bins)
        with np.errstate(invalid="ignore"):  # no row: 0/0 is NaN
            values: Array = np.abs(summed).sum(axis=1) / totals
        return values

    def sums(self, counts: Array) -> tuple[Array, Array, Array, Array]:
        """Per bin: rows, sum of probabilities, of outcomes, and the place of its last value."""
        import numpy as np

        size = len(self.distinct)
        mass = np.bincount(self.place, weights=counts, minlength=size)
        right = np.bincount(self.place, weights=counts * self.right, minlength=size)
        held = np.flatnonzero(mass)
        if not held.size:
            nothing = np.empty(0)
            return nothing, nothing, nothing, held
        mass, right = mass[held], right[held]
        middle = np.cumsum(mass) - mass / 2
        bin_of = np.minimum((middle * self.bins / mass.sum()).astype(np.int64), self.bins - 1)
        starts = np.flatnonzero(np.concatenate([[True], bin_of[1:] != bin_of[:-1]]))
        said = mass * self.distinct[held]
        ends = np.concatenate([starts[1:], [held.size]]) - 1
        return (
            np.add.reduceat(mass, starts),
            np.add.reduceat(said, starts),
            np.add.reduceat(right, starts),
            held[ends],
        )


def ece(
    probabilities: Sequence[float] | Array, outcomes: Sequence[int] | Array, bins: int = BINS
) -> float:
    """Expected calibration error: Σ_b n_b/n |mean probability - share right|, equal-mass bins.

    Nixon, Dusenberry, Zhang, Jerfel, Tran (2019), CVPR workshops, for bins of equal mass: those of
    equal width leave most of them nearly empty. Never 0 by chance: of perfectly calibrated
    probabilities it is about 0.8 √(p(1-p) bins/n), so compare models rather than with 0.

    Args:
        probabilities: Shape (n,), of the label (or of the answer given).
        outcomes: Shape (n,), 1 if it was right, else 0.
        bins: Most bins.

    Returns:
        In [0, 1]; no rows: NaN.
    """
    import numpy as np

    statistic = CalibrationError(probabilities, outcomes, bins)
    return statistic.of(np.ones(statistic.n))


def ece_interval(
    probabilities: Sequence[float] | Array,
    outcomes: Sequence[int] | Array,
    *,
    bins: int = BINS,
    confidence: float = 0.95,
    seed: int = 0,
    left_out: int = 0,
) -> Interval:
    """`ece` with an interval, and the p-value of "these probabilities are calibrated".

    A resample repeats rows, so its bins are rougher and its error greater than that of the rows
    themselves: the percentile and the BCa interval can lie wholly above the truth (measured: 3 and
    51 % covered). The basic interval (2 value - upper quantile, 2 value - lower quantile of 2,000
    draws) takes that off: 91 %. Its lower end is 0 where the value is no greater than what
    calibrated models show by chance: p is the share of 2,000 sets of outcomes drawn from the
    probabilities themselves with an error as great (consistency resampling: Bröcker, Smith 2007,
    Weather and Forecasting 22, 651-661).

    Returns:
        In [0, 1]. No rows: NaN; fewer than 5 right or 5 wrong: no interval.
    """
    import numpy as np

    right = np.asarray(outcomes, dtype=float)
    n = int(right.size)
    empty = Interval(
        value=nan, confidence=confidence, n=n, left_out=left_out, method="basic-bootstrap"
    )
    if n == 0:
        return replace(empty, why="nothing was scored" if left_out else "nothing to count")
    statistic = CalibrationError(probabilities, outcomes, bins)
    found = bootstrap(statistic, n, seed=seed)
    p = _by_chance(statistic, found.value, seed)
    least = int(min(right.sum(), n - right.sum()))
    why = found.why
    if not why and least < MIN_OF_A_CLASS:
        why = f"only {least} right or wrong ones: no interval"
    if why:
        return replace(empty, value=found.value, p=p, why=why)
    low, high = found.ends(confidence)
    return replace(
        empty,
        value=found.value,
        low=max(0.0, low) if p < 1 - confidence else 0.0,
        high=min(1.0, high),
        p=p,
        method=found.method,
    )


def _by_chance(statistic: CalibrationError, value: float, seed: int, draws: int = 2000) -> float:
    """How often outcomes drawn from the probabilities themselves have such an error, plus one."""
    import numpy as np

    said = statistic.distinct[statistic.place]
    order = np.argsort(said, kind="stable")
    sizes = statistic.sums(np.ones(statistic.n))[0].astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    sorted_p = said[order]
    sums = np.add.reduceat(sorted_p, starts)
    generator = np.random.default_rng(seed)
    hits = 0
    if statistic.n > BCA_UP_TO:  # a bin of hundreds of rows is normal
        spread = np.sqrt(np.add.reduceat(sorted_p * (1 - sorted_p), starts))
        gaps = np.abs(generator.standard_normal((draws, sizes.size)) * spread).sum(axis=1)
        hits = int(np.count_nonzero(gaps >= value * statistic.n - 1e-9))
        return (1 + hits) / (1 + draws)
    block = max(1, CELLS // statistic.n)
    for start in range(0, draws, block):
        drawn = generator.random((min(block, draws - start), statistic.n)) < sorted_p
        gaps = np.abs(np.add.reduceat(drawn, starts, axis=1, dtype=float) - sums).sum(axis=1)
        hits += int(np.count_nonzero(gaps >= value * statistic.n - 1e-9))
    return (1 + hits) / (1 + draws)


def _mean(values: Array) -> float:
    return float(values.mean()) if values.size else nan
