# SPDX-License-Identifier: Apache-2.0
"""The bootstrap of items, for statistics that are not a mean (F1, macro averages).

A statistic is a function of row indices (a multiset: indices repeat). Where it depends only on how
often each of a few kinds of row occurs, `Counts` says so, and 2,000 resamples of 100,000 rows
cost no more than 2,000 of 100: the counts themselves are drawn (multinomial). `Weighted` statistics
need only how often each row occurs, not the rows: what can be sorted is sorted once. A statistic
with a true attribute `inflated` says that repeated rows make it greater (a calibration error: bins
of repeated rows are rougher): the draws then lie beside the value, and are put back around it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite, nan
from typing import Protocol, runtime_checkable

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.normal import cumulative, quantile

__all__ = [
    "BCA_UP_TO",
    "CELLS",
    "Bootstrap",
    "Counts",
    "Statistic",
    "Weighted",
    "basic",
    "bootstrap",
    "bootstrap_difference",
    "centred",
    "inflated",
    "summary",
]

Statistic = Callable[[Array], float]
BCA_UP_TO = 5000  # rows; the jackknife of a general statistic asks for each row once
CELLS = 2_000_000  # numbers per block of draws
_AT_ONCE = 1000  # rows
_DRAWS = 2000
_FEWEST_DRAWS = 500  # the ends then waver by 3 % of the width
_ROWS_DRAWN = 20_000_000  # in all, of a statistic that must be asked draw by draw
_DEFINED = 0.95  # share of draws that must be defined for an interval to mean something


@runtime_checkable
class Weighted(Protocol):
    """A statistic that needs no more than how often each row occurs."""

    def __call__(self, indices: Array, /) -> float:
        """Of the rows with these indices."""
        ...

    def of(self, counts: Array, /) -> float:
        """Where row i occurs counts[i] times, shape (n,)."""
        ...


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
        moved: Name of the method where the draws were put elsewhere (`basic`, `centred`); their
            percentiles are then the interval, and p goes by the same distribution.
    """

    value: float
    draws: Array
    lost: int
    bias: float
    acceleration: float
    moved: str = ""

    @property
    def method(self) -> str:
        """The method of `ends`, with the number of draws where it is not 2,000."""
        name = "bca-bootstrap" if isfinite(self.bias) else "percentile-bootstrap"
        name = self.moved or name
        total = len(self.draws) + self.lost
        return name if total in (0, _DRAWS) else f"{name} ({total} draws)"

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
        low, high = map(float, np.quantile(self.draws, tails))
        if self.moved:  # a basic interval may lie beyond its value
            low, high = min(low, self.value), max(high, self.value)
        return low, high

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


def basic(found: Bootstrap) -> Bootstrap:
    """The same with draws mirrored at the value, 2 value - draw: the basic interval.

    Davison, Hinkley (1997), Bootstrap Methods and their Application, 5.2.
    """
    return _moved(found, 2 * found.value - found.draws, "basic-bootstrap")


def centred(found: Bootstrap) -> Bootstrap:
    """The same with draws moved so that their mean is the value: for differences.

    What repeated rows add is nearly the same in two models, and of the rest the basic interval
    takes off too much: the greater the difference seen, the less is added by repeating (r = -.9).
    Measured of calibration errors of two equal models, 300 rows: the basic interval leaves out 0
    in 17 % of sets, this one in 1 %. (BCa's contradicts the p of its draws: they lie beside it.)
    """
    if not len(found.draws):
        return found
    return _moved(found, found.draws - found.draws.mean() + found.value, "centred-bootstrap")


def _moved(found: Bootstrap, draws: Array, name: str) -> Bootstrap:
    return replace(found, draws=draws, bias=nan, acceleration=nan, moved=name)


def inflated(*statistics: Statistic) -> bool:
    """Whether repeated rows make one of them greater."""
    return any(getattr(of, "inflated", False) for of in statistics)


def bootstrap(statistic: Statistic, n: int, *, seed: int = 0, draws: int = _DRAWS) -> Bootstrap:
    """Resamples of one statistic over n rows.

    Args:
        statistic: Of row indices in [0, n).
        n: Rows.
        seed: The same seed gives the same draws.
        draws: Resamples; of more than 10,000 rows a general statistic gets fewer, 500 at least.

    Returns:
        Undefined (value NaN, no draws) for n = 0.
    """
    if n == 0:
        return _nothing()
    if inflated(statistic):
        return basic(_plain([statistic], n, seed, draws))
    return _plain([statistic], n, seed, draws)


def bootstrap_difference(
    base: Statistic, candidate: Statistic, n: int, *, seed: int = 0, draws: int = _DRAWS
) -> Bootstrap:
    """Resamples of candidate minus base, both over the same drawn rows.

    Args:
        base: Of row indices in [0, n).
        candidate: Likewise; row i is the same example.
        n: Pairs.
        seed: The same seed gives the same draws; swapping the two negates every draw.
        draws: As of `bootstrap`.

    Returns:
        Undefined (value NaN, no draws) for n = 0.
    """
    if n == 0:
        return _nothing()
    found = _plain([candidate, base], n, seed, draws)
    return centred(found) if inflated(candidate, base) else found


def _plain(terms: list[Statistic], n: int, seed: int, draws: int) -> Bootstrap:
    """Draws of terms[0], or of terms[0] - terms[1], in the quickest way that these allow."""
    counts = [term for term in terms if isinstance(term, Counts)]
    if len(counts) == len(terms):
        kinds = counts[0].codes
        if len(counts) == 2:
            kinds = counts[1].codes * counts[0].size + counts[0].codes
        return _by_counts(kinds, counts, seed, draws)
    weighted = [term for term in terms if isinstance(term, Weighted)]
    if len(weighted) == len(terms):
        return _by_weights(weighted, n, seed, draws)
    if len(terms) == 1:
        return _by_rows(terms[0], n, seed, draws)
    return _by_rows(lambda rows: terms[0](rows) - terms[1](rows), n, seed, draws)


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


def _by_weights(terms: list[Weighted], n: int, seed: int, draws: int) -> Bootstrap:
    """Draws of terms[0], or of terms[0] - terms[1], from how often each row is drawn."""
    import numpy as np

    def values(counts: Array) -> Array:
        parts = [_of_many(term, counts) for term in terms]
        return parts[0] if len(parts) == 1 else parts[0] - parts[1]

    def in_blocks(rows: int, made: Callable[[int, int], Array]) -> Array:
        block = max(1, CELLS // n)
        parts = [values(made(start, min(block, rows - start))) for start in range(0, rows, block)]
        return np.concatenate(parts) if parts else np.empty(0)

    generator = np.random.default_rng(seed)

    def drawn_rows(_start: int, rows: int) -> Array:
        draws = (generator.integers(n, size=n) for _ in range(rows))
        return np.stack([np.bincount(draw, minlength=n) for draw in draws])

    def left_out(start: int, rows: int) -> Array:
        return 1 - np.eye(rows, n, start, dtype=np.int64)

    drawn = in_blocks(_draws_of(n, draws), drawn_rows)
    without = in_blocks(n if 1 < n <= BCA_UP_TO else 0, left_out)
    point = float(values(np.ones((1, n), dtype=np.int64))[0])
    return summary(point, drawn, without, np.ones(len(without)))


def _of_many(term: Weighted, counts: Array) -> Array:
    """The statistic of each row of counts, shape (r, n): at once, where it knows how.

    Not of many rows: there the calls cost little, and what does not fit the cache costs more.
    """
    import numpy as np

    at_once = getattr(term, "of_many", None)
    if at_once is None or counts.shape[1] > _AT_ONCE:
        return np.array([term.of(row) for row in counts])
    found: Array = at_once(counts)
    return found


def _by_rows(statistic: Statistic, n: int, seed: int, draws: int) -> Bootstrap:
    import numpy as np

    generator = np.random.default_rng(seed)
    drawn = np.array([statistic(generator.integers(n, size=n)) for _ in range(_draws_of(n, draws))])
    everyone = np.arange(n)
    without = np.empty(0)
    if 1 < n <= BCA_UP_TO:
        without = np.array([statistic(np.delete(everyone, i)) for i in range(n)])
    return summary(statistic(everyone), drawn, without, np.ones(len(without)))


def _draws_of(n: int, draws: int) -> int:
    return min(draws, max(_FEWEST_DRAWS, _ROWS_DRAWN // n))


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
