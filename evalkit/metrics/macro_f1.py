# SPDX-License-Identifier: Apache-2.0
"""F1 averaged over labels."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._macro import macro, macro_counts, smallest
from evalkit.metrics._metric import metric
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Counts

__all__ = ["macro_f1"]


@metric(unit="share", better="higher", pair="resample", scorer="label-logprob")
def macro_f1(samples: Sequence[Sample], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """(1/K) Σ 2 TPₖ / (2 TPₖ + FPₖ + FNₖ) over the K labels that are expected at least once.

    Equal to scikit-learn's `f1_score(average="macro", labels=those)`; an answer outside the set is
    a miss of the expected label and nobody's false alarm.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; BCa bootstrap of samples, 2,000 draws (Efron 1987, JASA 82, 171-185). n = 0: NaN.
    """
    return macro(samples, _f1, confidence=confidence, seed=seed)


@macro_f1.counted
def counts(samples: Sequence[Sample]) -> Counts:
    """For resampling."""
    return macro_counts(samples, _f1)


macro_f1.smallest(smallest)


def _f1(hits: Array, expected: Array, given: Array) -> Array:
    values: Array = 2 * hits / (expected + given)
    return values
