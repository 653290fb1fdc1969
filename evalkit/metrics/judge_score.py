# SPDX-License-Identifier: Apache-2.0
"""The mean score that a judge gives single answers."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.statistics.mean import mean

__all__ = ["judge_score"]


@metric(unit="score", better="higher", pair="mean", scorer="judge")
def judge_score(
    samples: Sequence[Sample],
    *,
    scale: Sequence[float] = (1.0, 10.0),
    confidence: float = 0.95,
) -> Interval:
    """(1/n) Σ xᵢ over the n judged answers, xᵢ on the judge's scale.

    Args:
        samples: Shape (n,); answers without a readable score (NaN) are left out and counted.
        scale: Lowest and highest score.
        confidence: Of the interval, in (0, 1).

    Returns:
        On the scale; Student's t interval, cut at its ends. n = 0: NaN; n = 1: no interval.
    """
    low, high = scale
    return mean([s.score.value for s in samples], confidence=confidence, bounds=(low, high))
