# SPDX-License-Identifier: Apache-2.0
"""Recall averaged over labels."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._macro import macro, macro_counts, smallest
from evalkit.metrics._metric import metric
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Counts

__all__ = ["macro_recall"]


@metric(unit="share", better="higher", pair="resample", scorer="label-logprob")
def macro_recall(samples: Sequence[Sample], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """(1/K) Σ TPₖ / (TPₖ + FNₖ) over the K labels that are expected at least once.

    The same number as `balanced_accuracy`, under the name that goes with `macro_precision`.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; BCa bootstrap of samples, 2,000 draws (Efron 1987, JASA 82, 171-185).
        n = 0: NaN.
    """
    return macro(samples, _recall, confidence=confidence, seed=seed)


@macro_recall.counted
def counts(samples: Sequence[Sample]) -> Counts:
    """For resampling."""
    return macro_counts(samples, _recall)


macro_recall.smallest(smallest)


def _recall(hits: Array, expected: Array, _given: Array) -> Array:
    values: Array = hits / expected
    return values
