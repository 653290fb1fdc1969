# SPDX-License-Identifier: Apache-2.0
"""Of the answers that are a label, the share that is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.metrics._per_label import one_against_rest, smaller_side
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import Counts

__all__ = ["precision"]


@metric(unit="share", better="higher", pair="resample", scorer="label-logprob")
def precision(samples: Sequence[Sample], *, label: str, confidence: float = 0.95) -> Interval:
    """TP / (TP + FP) of one label.

    Two models answer the label for different samples, so they are compared by resampling.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        label: Such as "refund"; `precision[refund]` in suites.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], Wilson interval; n = answers that are the label. None is: NaN (not 0).
    """
    seen = one_against_rest(samples, label)
    given = seen.hits + seen.false_alarms
    found = wilson(seen.hits, given, confidence=confidence, left_out=seen.unscored)
    return found if given else replace(found, why="the label was never given")


@precision.counted
def counts(samples: Sequence[Sample], *, label: str) -> Counts:
    """For resampling."""
    return one_against_rest(samples, label).counts(
        lambda hits, false_alarms, _: hits / (hits + false_alarms)
    )


@precision.smallest
def smallest(samples: Sequence[Sample], *, label: str) -> int:
    """Samples that expect the label, or another, whichever are fewer."""
    return smaller_side(samples, label)
