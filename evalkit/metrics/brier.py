# SPDX-License-Identifier: Apache-2.0
"""How far label probabilities lie from what was right, squared."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.metrics._probabilities import as_table, of_label, said
from evalkit.metrics._probability_mean import probability_mean, spread_out

__all__ = ["brier"]


@metric(unit="score", better="lower", pair="mean", scorer="label-logprob", reads="probabilities")
def brier(
    samples: Sequence[Sample], *, label: str | None = None, confidence: float = 0.95
) -> Interval:
    """(1/n) Σ (pᵢ - yᵢ)² of one label, or of all.

    Two labels have one such number. Of K > 2 labels it is Σₖ (pᵢₖ - yᵢₖ)², Brier's own form
    (1950, Monthly Weather Review 78, 1-3), in [0, 2]; with a label, of that one against the rest.
    Equal to scikit-learn's `brier_score_loss`.

    Args:
        samples: Shape (n,); those without probabilities are left out and counted.
        label: Such as "spam"; `brier[spam]` in suites.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], or [0, 2] for more than two labels; 0 is best. Student's t interval, cut at 0.
        n = 0: NaN; n = 1: no interval.
    """
    return probability_mean(samples, values(samples, label=label), confidence=confidence)


@brier.each
def values(samples: Sequence[Sample], *, label: str | None = None) -> list[float]:
    """The squared error of each sample, NaN without probabilities."""
    from evalkit.statistics.calibration import brier_each

    kept = said(samples)
    if not kept:
        return [nan] * len(samples)
    if label is not None:
        wanted, p = of_label(kept, label)
        return spread_out(samples, brier_each(p, wanted))
    table, places = as_table(kept)
    squares = brier_each(table, places)
    return spread_out(samples, squares / 2 if table.shape[1] <= 2 else squares)
