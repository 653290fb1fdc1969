# SPDX-License-Identifier: Apache-2.0
"""How many wrong ones stand among those that a label's probability puts first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._few import careful
from evalkit.metrics._metric import metric
from evalkit.metrics._probabilities import of_label, positives, said, without
from evalkit.statistics.arrays import Array
from evalkit.statistics.resample import Statistic, bootstrap

__all__ = ["auprc"]


@metric(
    unit="share", better="higher", pair="resample", scorer="label-logprob", reads="probabilities"
)
def auprc(
    samples: Sequence[Sample],
    *,
    label: str | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Average precision Σ (Rₖ - Rₖ₋₁) Pₖ of a label's probability against the rest.

    Without a label: the unweighted mean of one against the rest over the labels that are expected
    (unlike the area under the ROC curve, the two of a pair differ). Equal to scikit-learn's
    `average_precision_score`. A model that knows nothing has the label's share, not 1/2.

    Args:
        samples: Shape (n,); those without probabilities are left out and counted.
        label: The positive one; `auprc[spam]` in suites.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; BCa bootstrap of samples, 2,000 draws (percentile above 5,000 samples). One
        label only, or no probabilities: NaN. Fewer than 5 of a label: no interval.
    """
    kept = said(samples)
    found = _interval(kept, positives(kept, label), confidence, seed)
    return without(found, samples, kept)


def _interval(
    kept: Sequence[Sample], labels: Sequence[str], confidence: float, seed: int
) -> Interval:
    from evalkit.statistics import auprc as statistics

    if len(labels) <= 1:
        wanted, scores = of_label(kept, labels[0]) if labels else ([], [])
        return statistics.auprc(wanted, scores, confidence=confidence, seed=seed)
    least = _least(kept, labels)
    drawn = bootstrap(_Mean(kept, labels), len(kept), seed=seed)
    found = drawn.interval(confidence, n=len(kept))
    if isnan(found.low) and found.value == 1.0:
        low = ((1 - confidence) / 2) ** (1 / least)
        why = "all of each label come first: the interval is that of the smallest label"
        return replace(found, low=low, high=1.0, method="exact-separated", why=why)
    return careful(found, least)


class _Mean:
    """The mean over labels as a function of sample indices."""

    def __init__(self, samples: Sequence[Sample], labels: Sequence[str]) -> None:
        from evalkit.statistics.auprc import AveragePrecision

        self._parts = [AveragePrecision(*of_label(samples, label)) for label in labels]

    def __call__(self, indices: Array) -> float:
        return sum(part(indices) for part in self._parts) / len(self._parts)

    def of(self, counts: Array) -> float:
        """Where sample i occurs counts[i] times."""
        return sum(part.of(counts) for part in self._parts) / len(self._parts)

    def of_many(self, counts: Array) -> Array:
        """As `of`, of each row of counts, shape (r, n)."""
        import numpy as np

        found: Array = np.mean([part.of_many(counts) for part in self._parts], axis=0)
        return found


@auprc.counted
def counts(samples: Sequence[Sample], *, label: str | None = None) -> Statistic:
    """For resampling; every sample has probabilities."""
    labels = positives(samples, label)
    return _Mean(samples, labels) if labels else lambda _: float("nan")


@auprc.smallest
def smallest(samples: Sequence[Sample], *, label: str | None = None) -> int:
    """Samples of the label or of the rest, whichever are fewer."""
    kept = said(samples)
    return _least(kept, positives(kept, label))


def _least(kept: Sequence[Sample], labels: Sequence[str]) -> int:
    sizes = [sum(s.expected.strip() == label for s in kept) for label in labels]
    return min((min(size, len(kept) - size) for size in sizes), default=0)
