# SPDX-License-Identifier: Apache-2.0
"""Exact distributions: how often each number or name occurs, and what follows from that.

A histogram of every value is exact, adds up in any order and stays small: k different lengths need
k²/2 characters, so that a gigabyte of text has less than 45,000 of them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

__all__ = ["Bin", "Counted", "Spread", "quantile", "spread"]

_MOST_BINS = 24
_SKEWED = 50  # largest value over the one at 5 %, from which bins grow with their values
_STEPS = (1, 2, 5)
_FINE = (10, 15, 20, 30, 40, 60, 80)  # edges within a power of ten, about equal in ratio
_COARSE = (10, 20, 50)


@dataclass(frozen=True, slots=True)
class Bin:
    """A column of a histogram.

    Attributes:
        low: Least value in it.
        high: The least value beyond it.
        count: How many values.
    """

    low: int
    high: int
    count: int


@dataclass(frozen=True, slots=True)
class Counted:
    """One of several kinds.

    Attributes:
        name: Which; a name of ours, or text from the data.
        count: How many.
        share: Of all that were asked, in [0, 1].
    """

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How some whole numbers are distributed; in their unit (characters, tokens, messages).

    Quantiles are linear interpolations between the two nearest values, numpy's default (method 7
    of Hyndman and Fan 1996, The American Statistician 50, 361-365): p5 is the 5 % quantile. The
    cookbook's check script prints the 10 % and 90 % ones under the names p5 and p95.

    Attributes:
        count: Values.
        sum: Of all.
        min: The least.
        p5: Quantile of 5 %.
        p25: Of 25 %.
        median: Of 50 %.
        p75: Of 75 %.
        p95: Of 95 %.
        max: The largest.
        mean: Arithmetic.
        scale: "linear" = bins of one width; "log" = bins that grow, for values of many sizes.
        histogram: Bins that touch, from the least value to the largest.
    """

    count: int
    sum: int
    min: int
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    max: int
    mean: float
    scale: Literal["linear", "log"]
    histogram: tuple[Bin, ...]


def quantile(counts: Mapping[int, int], percent: int) -> float:
    """The value below which `percent` of 100 lie, linearly interpolated, rounded once.

    Args:
        counts: Value to how often; not empty.
        percent: From 0 to 100.
    """
    values = sorted(counts)
    return _at(values, list(accumulate(counts[value] for value in values)), percent)


def spread(counts: Mapping[int, int]) -> Spread | None:
    """The distribution of values that occur so often; None where there are none.

    Args:
        counts: Value, not negative, to how often.
    """
    values = sorted(value for value, number in counts.items() if number)
    if not values:
        return None
    upto = list(accumulate(counts[value] for value in values))
    total = sum(value * counts[value] for value in values)
    p5, p25, median, p75, p95 = (_at(values, upto, percent) for percent in (5, 25, 50, 75, 95))
    scale: Literal["linear", "log"] = "linear"
    if values[-1] > _SKEWED * max(1.0, p5):
        scale = "log"
    edges = _edges(values[0], values[-1], scale)
    return Spread(
        count=upto[-1],
        sum=total,
        min=values[0],
        p5=p5,
        p25=p25,
        median=median,
        p75=p75,
        p95=p95,
        max=values[-1],
        mean=total / upto[-1],
        scale=scale,
        histogram=tuple(_bins(values, counts, edges)),
    )


def _at(values: Sequence[int], upto: Sequence[int], percent: int) -> float:
    """Args: values ascending, and how many there are up to each."""
    place, rest = divmod((upto[-1] - 1) * percent, 100)
    low = values[bisect_right(upto, place)]
    if not rest:
        return float(low)
    high = values[bisect_right(upto, place + 1)]
    return (low * 100 + (high - low) * rest) / 100


def _edges(least: int, largest: int, scale: str) -> list[int]:
    if scale == "log":
        return _growing(least, largest)
    width, power = 1, 1
    while (largest // width) - (least // width) >= _MOST_BINS:
        for step in _STEPS:
            width = step * power
            if (largest // width) - (least // width) < _MOST_BINS:
                break
        power *= 10
    first = least // width * width
    return list(range(first, largest // width * width + width + 1, width))


def _growing(least: int, largest: int) -> list[int]:
    """0 by itself, then edges with about the same ratio."""
    digits = len(str(largest))
    inner = _FINE if digits - len(str(max(1, least))) < 4 else _COARSE
    every = {0, 1, 10**digits}
    every |= {edge * 10**power // 10 for power in range(digits) for edge in inner}
    edges = sorted(every)
    start = bisect_right(edges, least) - 1
    return edges[start : bisect_right(edges, largest) + 1]


def _bins(values: Sequence[int], counts: Mapping[int, int], edges: Sequence[int]) -> Iterator[Bin]:
    numbers = [0] * (len(edges) - 1)
    for value in values:
        numbers[bisect_right(edges, value) - 1] += counts[value]
    for index, number in enumerate(numbers):
        yield Bin(edges[index], edges[index + 1], number)
