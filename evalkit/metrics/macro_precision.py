# SPDX-License-Identifier: Apache-2.0
"""Precision averaged over labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._macro import macro, macro_counts, never_given, smallest
from evalkit.metrics._metric import metric
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Counts

__all__ = ["macro_precision"]


@metric(unit="share", better="higher", pair="resample", scorer="label-logprob")
def macro_precision(
    samples: Sequence[Sample], *, confidence: float = 0.95, seed: int = 0
) -> Interval:
    """(1/K) Σ TPₖ / (TPₖ + FPₖ) over the K labels that are expected at least once.

    A label that is never given has no precision of its own; in the average it counts as 0 and
    `why` names it, as scikit-learn's `zero_division=0`: else a model would gain by never
    giving its worst label.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; BCa bootstrap of samples, 2,000 draws (Efron 1987, JASA 82, 171-185).
        n = 0: NaN.
    """
    found = macro(samples, _precision, confidence=confidence, seed=seed)
    silent = never_given(samples)
    return replace(found, why="; ".join(filter(None, (found.why, silent)))) if silent else found


@macro_precision.counted
def counts(samples: Sequence[Sample]) -> Counts:
    """For resampling."""
    return macro_counts(samples, _precision)


macro_precision.smallest(smallest)


def _precision(hits: Array, _expected: Array, given: Array) -> Array:
    import numpy as np

    values: Array = hits / np.maximum(given, 1)
    return values
