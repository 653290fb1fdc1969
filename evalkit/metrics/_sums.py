# SPDX-License-Identifier: Apache-2.0
"""Metrics of a whole corpus: a function of what its answers add up to (`Score.parts`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import scored
from evalkit.statistics.arrays import Array
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import Statistic, bootstrap

__all__ = ["of_sums", "statistic_of_sums"]

OfSums = Callable[[Sequence[float]], float]


def statistic_of_sums(samples: Sequence[Sample], of: OfSums) -> Statistic:
    """The metric as a function of sample indices: their parts are added, then `of` is applied."""
    import numpy as np

    rows = [s.score.parts for s in samples]
    width = max((len(row) for row in rows if row is not None), default=0)
    parts = np.array([row if row is not None else (0.0,) * width for row in rows])
    parts = parts.reshape(len(rows), width)

    def statistic(indices: Array) -> float:
        sums = parts[indices].sum(axis=0)
        return of(sums.tolist()) if sums.any() else nan

    return statistic


def of_sums(samples: Sequence[Sample], of: OfSums, *, confidence: float, seed: int) -> Interval:
    """The metric with its bootstrap interval (Koehn 2004, EMNLP, 388-395; BCa, 2,000 draws).

    Where it is 0 or 1 in every draw, the bootstrap says nothing and Wilson's interval stands in: it
    is too wide, never too narrow.
    """
    kept = scored(samples)
    left_out = len(samples) - len(kept)
    found = bootstrap(statistic_of_sums(kept, of), len(kept), seed=seed)
    interval = found.interval(confidence, n=len(kept), left_out=left_out)
    if not kept:
        why = "nothing was scored" if left_out else "nothing to count"
        return replace(interval, method="bca-bootstrap", why=why)
    if interval.why and interval.value in (0.0, 1.0):
        stand_in = wilson(interval.value * len(kept), len(kept), confidence=confidence)
        return replace(
            interval,
            low=stand_in.low,
            high=stand_in.high,
            method="wilson",
            why="all answers alike: Wilson's interval, too wide for such a score",
        )
    return interval
