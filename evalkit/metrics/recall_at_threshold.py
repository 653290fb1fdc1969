# SPDX-License-Identifier: Apache-2.0
"""Recall of the positive label at the frozen threshold."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics import recall as of_label
from evalkit.metrics._metric import metric
from evalkit.metrics._threshold import POSITIVE, SCORER

__all__ = ["recall_at_threshold"]


@metric(unit="share", better="higher", pair="binary", scorer=SCORER)
def recall_at_threshold(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """TP / (TP + FN) of the positive label.

    The threshold is chosen on the suite's validation set for each model, and frozen; "positive" is
    the suite's label of that name, all others are the rest.

    Args:
        samples: Shape (n,), answered by `at_threshold`; unscored ones are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], Wilson interval; n = samples that expect the label. None does: NaN.
    """
    return of_label.recall(samples, label=POSITIVE, confidence=confidence)


@recall_at_threshold.each
def values(samples: Sequence[Sample]) -> list[float]:
    """1 or 0 for each sample that expects the label, NaN where it is not scored."""
    return list(of_label.values(samples, label=POSITIVE))


@recall_at_threshold.looks_at
def looks_at(samples: Sequence[Sample]) -> list[bool]:
    """Those that expect the label."""
    return list(of_label.looks_at(samples, label=POSITIVE))
