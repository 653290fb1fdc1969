# SPDX-License-Identifier: Apache-2.0
"""Precision of the positive label at the frozen threshold."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics import precision as of_label
from evalkit.metrics._metric import metric
from evalkit.metrics._threshold import POSITIVE, SCORER
from evalkit.statistics.resample import Statistic

__all__ = ["precision_at_threshold"]


@metric(unit="share", better="higher", pair="resample", scorer=SCORER)
def precision_at_threshold(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """TP / (TP + FP) of the positive label.

    The threshold is chosen on the suite's validation set for each model, and frozen; "positive" is
    the suite's label of that name, all others are the rest.

    Args:
        samples: Shape (n,), answered by `at_threshold`; unscored ones are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], Wilson interval; n = answers that are positive. None is: NaN (not 0).
    """
    return of_label.precision(samples, label=POSITIVE, confidence=confidence)


@precision_at_threshold.counted
def counts(samples: Sequence[Sample]) -> Statistic:
    """For resampling."""
    return of_label.counts(samples, label=POSITIVE)


@precision_at_threshold.smallest
def smallest(samples: Sequence[Sample]) -> int:
    """Samples that expect the label, or not, whichever are fewer."""
    return of_label.smallest(samples, label=POSITIVE)
