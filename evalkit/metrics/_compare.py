# SPDX-License-Identifier: Apache-2.0
"""The paired comparison of two models on one metric."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from evalkit.core.score import Sample
from evalkit.metrics._metric import Metric
from evalkit.statistics.paired import (
    Paired,
    paired_binary,
    paired_curves,
    paired_mean,
    paired_resample,
)

__all__ = ["compare", "has_probabilities", "has_score"]


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
    if metric.pair in ("binary", "mean"):
        before, after = metric.values(base, **options), metric.values(candidate, **options)
        if metric.pair == "binary":
            return paired_binary(before, after, confidence=confidence)
        return paired_mean(before, after, confidence=confidence, seed=seed)
    known = has_probabilities if metric.pair == "rank" else has_score
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
    return replace(found, interval=replace(found.interval, left_out=left_out))


def has_score(sample: Sample) -> bool:
    """Whether a sample counts for metrics of scores."""
    return not isnan(sample.score.value)


def has_probabilities(sample: Sample) -> bool:
    """Whether a sample counts for metrics of label probabilities."""
    return sample.score.probabilities is not None
