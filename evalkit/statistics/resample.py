# SPDX-License-Identifier: Apache-2.0
"""The bootstrap of items, for statistics that are not a mean (F1, macro averages).

A statistic is a function of row indices (a multiset: indices repeat). Where it depends only on how
often each of a few kinds of row occurs, `Counts` says so, and 2,000 resamples of 100,000 rows
cost no more than 2,000 of 100: the counts themselves are drawn (multinomial).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.normal import cumulative, quantile

__all__ = [
    "BCA_UP_TO",
    "CELLS",
    "Bootstrap",
    "Counts",
    "Statistic",
    "bootstrap",
    "bootstrap_difference",
    "summary",
]

Statistic = Callable[[Array], float]
BCA_UP_TO = 5000  # rows; the jackknife of a general statistic asks for each row once
CELLS = 2_000_000  # numbers per block of draws
_DEFINED = 0.95  # share of draws that must be defined for an interval to mean something


@dataclass(frozen=True, slots=True)
class Counts:
    """A statistic of how often each kind of row occurs.

    Attributes:
        codes: Kind of each row, shape (n,), integers in [0, size).
        size: How many kinds there are.
        statistic: Maps counts of shape (r, size) to values of shape (r,); NaN = undefined.
    """

    codes: Array
    size: int
    statistic: Callable[[Array], Array]

    def __call__(self, indices: Array) -> float:
        """The statistic of the rows with these indices."""
        import numpy as np

        counts = np.bincount(self.codes[indices], minlength=self.size)
        return float(self.statistic(counts[None, :])[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """What resampling found.

    Attributes:
        value: Of all rows, each once.
        draws: Values of the resamples that are defined.
        lost: Resamples in which the statistic is undefined.
        bias: z0 of BCa; NaN = use the percentile interval.
        acceleration: a of BCa.
    """

    value: float
    draws: Array
    lost: int
    bias: float
    acceleration: float

    @property
    def method(self) -> str:
        """The method of `ends`."""
        return "bca-bootstrap" if isfinite(self.bias) else "percentile-bootstrap"

    @property
    def why(self) -> str:
        """Why `ends` has no interval; the empty string where it has one."""
        total = len(self.draws) + self.lost
        if not isfinite(self.value) or total == 0:
            return "undefined for these rows"
        if len(self.draws) < _DEFINED * total:
            return f"undefined in {self.lost} of {total} resamples: too few rows of some kind"
        if self.draws.min() == self.draws.max():
            return "every resample gives the same value: no interval"
        return ""

    def ends(self, confidence: float) -> tuple[float, float]:
        """Ends of the two-sided interval: BCa (Efron 1987, JASA 82, 171-185) or percentile."""
        import numpy as np

        if self.why:
            return nan, nan
        tails = ((1 - confidence) / 2, (1 + confidence) / 2)
        if isfinite(self.bias):
            shifted = [self.bias + quantile(t) for t in tails]
            scaled = [1 - self.acceleration * s for s in shifted]
            if min(scaled) > 0:
                low, high = (
                    cumulative(self.bias + s / k) for s, k in zip(shifted, scaled, strict=True)
                )
                tails = (low, high)
        low, high = np.quantile(self.draws, tails)
        return float(low), float(high)

    def p(self) -> float:
        """Two-sided p of "the value is 0": twice the smaller share of draws beyond 0, plus one."""
        import numpy as np

        if not isfinite(self.value) or len(self.draws) == 0:
            return nan
        beyond = min(np.count_nonzero(self.draws <= 0), np.count_nonzero(self.draws >= 0))
        return min(1.0, 2 * (1 + int(beyond)) / (1 + len(self.draws)))

    def interval(self, confidence: float, *, n: int, left_out: int = 0) -> Interval:
        """Value and ends as an Interval, without p."""
        low, high = self.ends(confidence)
        return Interval(
            value=self.value,
            low=low,
            high=high,
            confidence=confidence,
            n=n,
            left_out=left_out,
            method=self.method,
            why=self.why,
        )


def bootstrap(statistic: Statistic, n: int, *, seed: int = 0, draws: int = 2000) -> Bootstrap:
    """Resamples of one statistic over n rows.

    Args:
        statistic: Of row indices in [0, n).
        n: Rows.
        seed: The same seed gives the same draws.
        draws: Resamples.

    Returns:
        Undefined (value NaN, no draws) for n = 0.
    """
    if n == 0:
        return _nothing()
    if isinstance(statistic, Counts):
        return _by_counts(statistic.codes, [statistic], seed, draws)
    return _by_rows(statistic, n, seed, draws)


def bootstrap_difference(
    base: Statistic, candidate: Statistic, n: int, *, seed: int = 0, draws: int = 2000
) -> Bootstrap:
    """Resamples of candidate minus base, both over the same drawn rows.

    Args:
        base: Of row indices in [0, n).
        candidate: Likewise; row i is the same example.
        n: Pairs.
        seed: The same seed gives the same draws; swapping the two negates every draw.
        draws: Resamples.

    Returns:
        Undefined (value NaN, no draws) for n = 0.
    """
    if n == 0:
        return _nothing()
    if isinstance(base, Counts) and isinstance(candidate, Counts):
        joint = base.codes * candidate.size + candidate.codes
        return _by_counts(joint, [candidate, base], seed, draws)
    return _by_rows(lambda rows: candidate(rows) - base(rows), n, seed, draws)


def _nothing() -> Bootstrap:
    import numpy as np

    return Bootstrap(value=nan, draws=np.empty(0), lost=0, bias=nan, acceleration=nan)


def _by_counts(kinds: Array, terms: list[Counts], seed: int, draws: int) -> Bootstrap:
    """Draws of terms[0], or of terms[0] - terms[1], by drawing how often each kind occurs."""
    import numpy as np

    # Kinds in order of first occurrence: the same for (A, B) and (B, A), so swapping mirrors.
    _, first, counts = np.unique(kinds, return_index=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    first, counts = first[order], counts[order]
    n = int(counts.sum())

    places = [_Places.of(term.codes[first]) for term in terms]

    def value(of: Array) -> Array:
        parts = [
            term.statistic(place.totals(of, term.size))
            for term, place in zip(terms, places, strict=True)
        ]
        return parts[0] if len(parts) == 1 else parts[0] - parts[1]

    generator = np.random.default_rng(seed)
    block = max(1, CELLS // max(len(counts), *(t.size for t in terms)))
    drawn: list[Array] = []
    for start in range(0, draws, block):
        rows = min(block, draws - start)
        drawn.append(value(generator.multinomial(n, counts / n, size=rows)))
    without = np.concatenate(
        [
            value(counts - np.eye(min(block, len(counts) - start), len(counts), start))
            for start in range(0, len(counts), block)
        ]
    )
    point = float(value(counts[None, :])[0])
    return summary(point, np.concatenate(drawn), without, counts)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the kinds of rows that two models share go in the counts of one model."""

    order: Array  # of the kinds, by code
    starts: Array  # of each code in that order
    codes: Array  # distinct ones

    @classmethod
    def of(cls, codes: Array) -> _Places:
        import numpy as np

        order = np.argsort(codes, kind="stable")
        distinct, starts = np.unique(codes[order], return_index=True)
        return cls(order, starts, distinct)

    def totals(self, counts: Array, size: int) -> Array:
        """Counts of shape (r, kinds) summed by code, shape (r, size)."""
        import numpy as np

        found = np.zeros((len(counts), size))
        found[:, self.codes] = np.add.reduceat(counts[:, self.order], self.starts, axis=1)
        return found


def _by_rows(statistic: Statistic, n: int, seed: int, draws: int) -> Bootstrap:
    import numpy as np

    generator = np.random.default_rng(seed)
    drawn = np.array([statistic(generator.integers(n, size=n)) for _ in range(draws)])
    everyone = np.arange(n)
    without = np.empty(0)
    if 1 < n <= BCA_UP_TO:
        without = np.array([statistic(np.delete(everyone, i)) for i in range(n)])
    return summary(statistic(everyone), drawn, without, np.ones(len(without)))


def summary(value: float, drawn: Array, without: Array, weights: Array) -> Bootstrap:
    """Bias from the draws, acceleration from the jackknife values `without` one row each."""
    import numpy as np

    draws = drawn[np.isfinite(drawn)]
    bias = acceleration = nan
    if isfinite(value) and len(draws) and len(without) and np.isfinite(without).all():
        below = (np.count_nonzero(draws < value) + np.count_nonzero(draws == value) / 2) / len(
            draws
        )
        spread = np.average(without, weights=weights) - without
        square = float((weights * spread**2).sum())
        if 0 < below < 1 and square > 0:
            bias = quantile(below)
            acceleration = float((weights * spread**3).sum()) / (6 * square**1.5)
    return Bootstrap(
        value=value,
        draws=draws,
        lost=int(drawn.size - draws.size),
        bias=bias,
        acceleration=acceleration,
    )
