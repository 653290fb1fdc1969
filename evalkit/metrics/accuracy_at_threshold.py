# SPDX-License-Identifier: Apache-2.0
"""Share of right answers at the frozen threshold."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric, scored
from evalkit.metrics._threshold import SCORER
from evalkit.statistics.proportion import wilson

__all__ = ["accuracy_at_threshold"]


@metric(unit="share", better="higher", pair="binary", scorer=SCORER)
def accuracy_at_threshold(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """(1/n) Σ xᵢ, xᵢ = 1 where positive or rest is answered rightly.

    The threshold is chosen on the suite's validation set for each model, and frozen; "positive" is
    the suite's label of that name, all others are the rest.

    Args:
        samples: Shape (n,), answered by `at_threshold`; unscored ones are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; Wilson (1927), JASA 22, 209-212. n = 0: NaN.
    """
    x = [s.score.value for s in scored(samples)]
    return wilson(sum(x), len(x), confidence=confidence, left_out=len(samples) - len(x))
