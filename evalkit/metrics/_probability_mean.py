# SPDX-License-Identifier: Apache-2.0
"""Means of a loss of label probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._probabilities import said, without
from evalkit.statistics.arrays import Array
from evalkit.statistics.mean import mean

__all__ = ["probability_mean", "spread_out"]


def probability_mean(
    samples: Sequence[Sample], values: Sequence[float], *, confidence: float
) -> Interval:
    """Mean of losses, which are never below 0, with Student's interval."""
    found = mean(values, confidence=confidence)
    if found.low < 0:
        found = replace(found, low=0.0)
    return without(found, samples, said(samples))


def spread_out(samples: Sequence[Sample], values: Array) -> list[float]:
    """Values of the samples that have probabilities at their places, NaN at the others."""
    found = iter(values.tolist())
    return [nan if s.score.probabilities is None else next(found) for s in samples]
