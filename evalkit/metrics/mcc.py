# SPDX-License-Identifier: Apache-2.0
"""Matthews correlation of expected and given labels."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._chance import beyond_chance
from evalkit.metrics._macro import beside_commonest, table_counts
from evalkit.metrics._metric import metric
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Counts

__all__ = ["mcc"]


@metric(unit="score", better="higher", pair="resample", scorer="label-logprob")
def mcc(
    samples: Sequence[Sample],
    *,
    labels: Sequence[str] = (),
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """(c n - Σ eₖ gₖ) / √((n² - Σ gₖ²) (n² - Σ eₖ²)), for any number of labels.

    c = right answers; eₖ, gₖ = how often label k is expected and given; all answers outside the
    set are one class. Gorodkin (2004), Computational Biology and Chemistry 28, 367-374; equal to
    scikit-learn's `matthews_corrcoef` where that is defined (it says 0 where it is not).

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        labels: The set, so that an answer that is a label nobody expects has a class of its own.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [-1, 1], 0 = chance; BCa bootstrap of samples, 2,000 draws (Efron 1987,
        JASA 82, 171-185).
        n = 0, one label expected or one given: NaN.
    """
    return beyond_chance(
        samples,
        lambda kept: table_counts(kept, _mcc, labels=labels),
        confidence=confidence,
        seed=seed,
    )


@mcc.counted
def counts(samples: Sequence[Sample], *, labels: Sequence[str] = ()) -> Counts:
    """For resampling."""
    return table_counts(samples, _mcc, labels=labels)


mcc.smallest(beside_commonest)


def _mcc(table: Array) -> Array:
    import numpy as np

    n = table.sum(axis=(1, 2)).astype(float)
    hits = table.diagonal(axis1=1, axis2=2).sum(axis=1)
    expected, given = table.sum(axis=2).astype(float), table.sum(axis=1).astype(float)
    together = (expected * given[:, : table.shape[1]]).sum(axis=1)
    spread = (n * n - (given**2).sum(axis=1)) * (n * n - (expected**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):  # one class only: 0/0 is NaN
        found: Array = (hits * n - together) / np.sqrt(spread)
    return found
