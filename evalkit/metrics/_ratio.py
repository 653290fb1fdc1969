# SPDX-License-Identifier: Apache-2.0
"""How many times the base's figure the candidate's is, for metrics that are no mean of rows."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from math import exp, isfinite, nan
from typing import Any

from evalkit.core.measure import Interval
from evalkit.metrics._metric import Metric
from evalkit.metrics._sampled import Repeats, compared
from evalkit.statistics.resample import Counts, Statistic

__all__ = ["ratio_of"]


def ratio_of(
    metric: Metric,
    base: Repeats,
    candidate: Repeats,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    **options: Any,
) -> Interval:
    """Candidate's value by the base's over the same questions, such as of the cost per answer.

    Resampled as the difference of logarithms, over the same drawn questions (conversations, where
    questions belong to some), and carried back: BCa ends respect that, and swapping the two inverts
    the result.

    Args:
        metric: Of the pair "resample", with values above 0.
        base: Shape (K, n).
        candidate: Shape (L, n); column i is the same question.
        confidence: Of the interval, in (0, 1).
        seed: Of the draws.
        options: Of the metric.

    Returns:
        Positive, without unit; p of "the ratio is 1". A value that is not above 0: NaN.
    """
    logged = copy(metric)
    logged.counted(lambda samples: _logged(metric.prepare(samples, **options)))
    found = compared(logged, base, candidate, confidence=confidence, seed=seed, **options).interval
    if not isfinite(found.value):
        return replace(
            found, value=nan, low=nan, high=nan, why="a value is not known or not above 0: no ratio"
        )
    return replace(
        found,
        value=exp(found.value),
        low=exp(found.low),
        high=exp(found.high),
        method=f"{found.method}-of-logs",
    )


def _logged(statistic: Statistic) -> Statistic:
    """The logarithm of a statistic; NaN where it is not above 0."""
    if isinstance(statistic, Counts):
        return replace(statistic, statistic=lambda counts: _log(statistic.statistic(counts)))
    return lambda indices: float(_log(statistic(indices)))


def _log(values: Any) -> Any:
    import numpy as np

    found = np.asarray(values, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(found > 0, np.log(np.maximum(found, 1e-300)), nan)
