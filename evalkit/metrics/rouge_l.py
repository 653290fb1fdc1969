# SPDX-License-Identifier: Apache-2.0
"""Mean ROUGE-L F against the expected text."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.statistics.mean import mean

__all__ = ["rouge_l"]


@metric(unit="share", better="higher", pair="mean", scorer="rouge-l")
def rouge_l(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """(1/n) Σ xᵢ over the n scored samples, xᵢ in [0, 1] by the scorer `rouge-l`.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; Student's t interval, cut at 0 and 1. n = 0: NaN; n = 1: no interval.
    """
    return mean([s.score.value for s in samples], confidence=confidence, bounds=(0.0, 1.0))
