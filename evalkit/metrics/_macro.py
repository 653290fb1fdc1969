# SPDX-License-Identifier: Apache-2.0
"""Averages over the labels that were expected, every label with the same weight."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._confusion import outcomes
from evalkit.metrics._metric import scored
from evalkit.statistics.arrays import Array
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import Counts, bootstrap

__all__ = ["macro", "macro_counts"]

# Maps hits, expected and given, each of shape (r, K), to values per label, shape (r, K).
PerLabel = Callable[[Array, Array, Array], Array]


def macro_counts(samples: Sequence[Sample], per_label: PerLabel) -> Counts:
    """The average as a function of sample indices; labels that a draw lacks are not in it."""
    import numpy as np

    labels, codes = outcomes(samples)
    k = len(labels)

    def statistic(counts: Array) -> Array:
        table = counts[:, : k * (k + 1)].reshape(len(counts), k, k + 1)
        hits = table.diagonal(axis1=1, axis2=2)
        expected, given = table.sum(axis=2), table[:, :, :k].sum(axis=1)
        present = expected > 0
        values = np.where(present, per_label(hits, np.maximum(expected, 1), given), 0.0)
        with np.errstate(invalid="ignore"):  # no label at all: 0/0 is NaN
            mean: Array = values.sum(axis=1) / present.sum(axis=1)
        return mean

    return Counts(codes, k * (k + 1) + 1, statistic)


def macro(
    samples: Sequence[Sample], per_label: PerLabel, *, confidence: float, seed: int
) -> Interval:
    """The average with its bootstrap interval.

    Where every resample gives the same value (all right, all wrong), the bootstrap says nothing;
    Wilson's interval for the smallest label stands in, which is too wide rather than too narrow.
    """
    kept = scored(samples)
    left_out = len(samples) - len(kept)
    found = bootstrap(macro_counts(kept, per_label), len(kept), seed=seed)
    interval = found.interval(confidence, n=len(kept), left_out=left_out)
    if not kept:
        why = "nothing was scored" if left_out else "nothing to count"
        return replace(interval, method="bca-bootstrap", why=why)
    if interval.why and interval.value in (0.0, 1.0):
        sizes: dict[str, int] = {}
        for sample in kept:
            sizes[sample.expected] = sizes.get(sample.expected, 0) + 1
        least = min(sizes.values())
        stand_in = wilson(interval.value * least, least, confidence=confidence)
        return replace(
            interval,
            low=stand_in.low,
            high=stand_in.high,
            method="wilson",
            why=f"all answers alike: Wilson's interval for the smallest label (n = {least})",
        )
    return interval
