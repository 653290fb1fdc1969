# SPDX-License-Identifier: Apache-2.0
"""Precision and recall of a label in one number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.metrics._per_label import one_against_rest, smaller_side
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import Counts

__all__ = ["f1"]


@metric(unit="share", better="higher", pair="resample", scorer="label-logprob")
def f1(samples: Sequence[Sample], *, label: str, confidence: float = 0.95) -> Interval:
    """2 TP / (2 TP + FP + FN) of one label.

    F1 = 2J / (1 + J) with J = TP / (TP + FP + FN), a proportion: the interval is Wilson's of J,
    carried over, so it has a width at 0 and 1 too.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        label: Such as "refund"; `f1[refund]` in suites.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; n = TP + FP + FN. The label neither expected nor given: NaN.
    """
    seen = one_against_rest(samples, label)
    touched = seen.hits + seen.false_alarms + seen.misses
    j = wilson(seen.hits, touched, confidence=confidence, left_out=seen.unscored)
    return replace(
        j,
        value=2 * j.value / (1 + j.value),
        low=2 * j.low / (1 + j.low),
        high=2 * j.high / (1 + j.high),
        method="wilson-of-jaccard",
        why="" if touched else "the label was neither expected nor given",
    )


@f1.counted
def counts(samples: Sequence[Sample], *, label: str) -> Counts:
    """For resampling."""
    return one_against_rest(samples, label).counts(
        lambda hits, false_alarms, misses: 2 * hits / (2 * hits + false_alarms + misses)
    )


@f1.smallest
def smallest(samples: Sequence[Sample], *, label: str) -> int:
    """Samples that expect the label, or another, whichever are fewer."""
    return smaller_side(samples, label)
