# SPDX-License-Identifier: Apache-2.0
"""The paired comparison of two models on one metric."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from evalkit.core.score import Sample
from evalkit.metrics._few import careful_pair
from evalkit.metrics._metric import Metric, Reads
from evalkit.statistics.paired import (
    Paired,
    paired_binary,
    paired_curves,
    paired_mean,
    paired_preference,
    paired_resample,
)
from evalkit.statistics.studentised import paired_skewed_mean

__all__ = ["AMOUNTS", "COUNTS", "compare", "has_cost", "has_probabilities", "has_score"]


# Units of amounts of which a few make most of the sum: their means go by the studentised bootstrap.
AMOUNTS = frozenset({"ms", "tokens"})


def compare(
    metric: Metric,
    base: Sequence[Sample],
    candidate: Sequence[Sample],
    *,
    confidence: float = 0.95,
    seed: int = 0,
    **options: Any,
) -> Paired:
    """Candidate minus base by the comparison that the metric declares (`Metric.pair`).

    Args:
        metric: Such as `find("metrics", "recall")`.
        base: Shape (n,).
        candidate: Shape (n,); sample i is the same example.
        confidence: Of the interval, in (0, 1).
        seed: Of sign flips and resamples.
        options: Of the metric, such as label="refund".

    Returns:
        Pairs that are not scored in both models are left out and counted.

    Raises:
        ValueError: The two are not over the same examples in the same order.
    """
    if len(base) != len(candidate) or any(
        a.id != b.id for a, b in zip(base, candidate, strict=True)
    ):
        raise ValueError("samples of two models must be aligned by id")
    if metric.pair in ("binary", "mean", "preference"):
        before, after = metric.values(base, **options), metric.values(candidate, **options)
        if metric.pair == "binary":
            return paired_binary(before, after, confidence=confidence)
        if metric.pair == "preference":
            return paired_preference(before, after, confidence=confidence)
        of_means = paired_skewed_mean if metric.unit in AMOUNTS else paired_mean
        return of_means(before, after, confidence=confidence, seed=seed)
    known = COUNTS[metric.reads]
    both = [(a, b) for a, b in zip(base, candidate, strict=True) if known(a) and known(b)]
    x, y = [a for a, _ in both], [b for _, b in both]
    left_out = len(base) - len(both)
    if metric.pair == "rank":
        return paired_curves(
            metric.curve(x, **options),
            metric.curve(y, **options),
            confidence=confidence,
            n=len(both),
            left_out=left_out,
        )
    found = paired_resample(
        metric.prepare(x, **options),
        metric.prepare(y, **options),
        len(both),
        confidence=confidence,
        seed=seed,
    )
    found = replace(found, interval=replace(found.interval, left_out=left_out))
    return careful_pair(found, metric.least(x, **options))


def has_score(sample: Sample) -> bool:
    """Whether a sample counts for metrics of scores."""
    return not isnan(sample.score.value)


def has_probabilities(sample: Sample) -> bool:
    """Whether a sample counts for metrics of label probabilities."""
    return sample.score.probabilities is not None


def has_cost(sample: Sample) -> bool:
    """Whether a sample counts for metrics of what right answers cost."""
    return sample.cost is not None and has_score(sample)


# Which samples count, by what a metric reads.
COUNTS: Mapping[Reads, Callable[[Sample], bool]] = {
    "score": has_score,
    "probabilities": has_probabilities,
    "cost": has_cost,
}
