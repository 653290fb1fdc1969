# SPDX-License-Identifier: Apache-2.0
"""F1 over all labels together."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._macro import over_table, table_counts
from evalkit.metrics._metric import metric
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Counts

__all__ = ["micro_f1"]


@metric(unit="share", better="higher", pair="resample", scorer="label-logprob")
def micro_f1(samples: Sequence[Sample], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """2 TP / (2 TP + FP + FN), summed over the labels that are expected at least once.

    The accuracy, but for answers that are none of these labels: those are misses and no false
    alarms. Equal to scikit-learn's `f1_score(average="micro", labels=those)`.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; BCa bootstrap of samples, 2,000 draws (Efron 1987, JASA 82, 171-185).
        n = 0: NaN.
    """
    return over_table(
        samples, lambda kept: table_counts(kept, _micro), confidence=confidence, seed=seed
    )


@micro_f1.counted
def counts(samples: Sequence[Sample]) -> Counts:
    """For resampling."""
    return table_counts(samples, _micro)


def _micro(table: Array) -> Array:
    import numpy as np

    k = table.shape[1]
    hits = table.diagonal(axis1=1, axis2=2).sum(axis=1)
    with np.errstate(invalid="ignore"):  # no sample: 0/0 is NaN
        found: Array = 2 * hits / (table.sum(axis=(1, 2)) + table[:, :, :k].sum(axis=(1, 2)))
    return found
