# SPDX-License-Identifier: Apache-2.0
"""How well label probabilities order the samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.statistics.auroc import Curve, curve, curve_interval
from evalkit.statistics.auroc import macro as macro_curve

__all__ = ["auroc"]


@metric(unit="share", better="higher", pair="rank", scorer="label-logprob")
def auroc(
    samples: Sequence[Sample], *, label: str | None = None, confidence: float = 0.95
) -> Interval:
    """Area under the ROC curve of a label's probability against the rest.

    Without a label: two labels have one area (scored by the first in the alphabet); with more, the
    unweighted mean of one against the rest over the labels that are expected.

    Args:
        samples: Shape (n,); those without probabilities are left out and counted.
        label: The positive one; `auroc[spam]` in suites.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; DeLong (1988) variance on the logit scale. One label only, or no probabilities:
        NaN. Fewer than 5 samples of a label: a value without an interval.
    """
    kept = [s for s in samples if s.score.probabilities is not None]
    left_out = len(samples) - len(kept)
    found = curve_interval(
        ranked(kept, label=label), confidence=confidence, n=len(kept), left_out=left_out
    )
    return replace(found, why="no label probabilities") if left_out and not kept else found


@auroc.ranked
def ranked(samples: Sequence[Sample], *, label: str | None = None) -> Curve:
    """The curve, or the mean of several; every sample has probabilities."""
    present = sorted({s.expected.strip() for s in samples})
    positives = [label] if label is not None else present[:1] if len(present) <= 2 else present
    return macro_curve([_one_against_rest(samples, positive) for positive in positives])


def _one_against_rest(samples: Sequence[Sample], label: str) -> Curve:
    return curve(
        [float(s.expected.strip() == label) for s in samples],
        [(s.score.probabilities or {}).get(label, 0.0) for s in samples],
    )
