# SPDX-License-Identifier: Apache-2.0
"""Agreement with the expected labels beyond chance."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._chance import beyond_chance
from evalkit.metrics._macro import beside_commonest, table_counts
from evalkit.metrics._metric import metric
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Counts

__all__ = ["kappa"]


@metric(unit="score", better="higher", pair="resample", scorer="label-logprob")
def kappa(
    samples: Sequence[Sample],
    *,
    labels: Sequence[str] = (),
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Cohen's kappa of expected and given labels, unweighted: (po - pe) / (1 - pe).

    po = share of equal ones; pe = Σ eₖ gₖ, the product of how often label k is expected and how
    often it is given. All answers outside the set are one class. Cohen (1960), Educational and
    Psychological Measurement 20, 37-46.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        labels: The set, so that an answer that is a label nobody expects has a class of its own.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [-1, 1], 0 = chance; BCa bootstrap of samples, 2,000 draws (Efron 1987,
        JASA 82, 171-185).
        n = 0, or one label only in both: NaN.
    """
    return beyond_chance(
        samples,
        lambda kept: table_counts(kept, _kappa, labels=labels),
        confidence=confidence,
        seed=seed,
    )


@kappa.counted
def counts(samples: Sequence[Sample], *, labels: Sequence[str] = ()) -> Counts:
    """For resampling."""
    return table_counts(samples, _kappa, labels=labels)


kappa.smallest(beside_commonest)


def _kappa(table: Array) -> Array:
    import numpy as np

    n = table.sum(axis=(1, 2))
    hits = table.diagonal(axis1=1, axis2=2).sum(axis=1)
    chance = (table.sum(axis=2) * table[:, :, : table.shape[1]].sum(axis=1)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):  # pe = 1: 0/0 is NaN
        found: Array = (hits * n - chance) / (n * n - chance)
    return found
