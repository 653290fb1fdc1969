# SPDX-License-Identifier: Apache-2.0
"""How much of the probability the labels do not hold."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.statistics.mean import mean

__all__ = ["uncovered"]


@metric(unit="share", better="lower", pair="mean", scorer="label-logprob")
def uncovered(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """Mean share of the probability that the model puts on something else than the labels.

    Label probabilities are scaled to sum to 1; this is what was left out before. Where it is large
    they say little: the model is about to say something else.

    Args:
        samples: Shape (n,); those without label probabilities are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; Student's t interval, cut at 0 and 1. n = 0: NaN; n = 1: no interval.
    """
    return mean(values(samples), confidence=confidence, bounds=(0.0, 1.0))


@uncovered.each
def values(samples: Sequence[Sample]) -> list[float]:
    """1 - the mass on the labels for each answer, NaN where not known."""
    known = (s.score.covered if s.reply.covered is None else s.reply.covered for s in samples)
    return [nan if mass is None else min(1.0, max(0.0, 1.0 - mass)) for mass in known]
