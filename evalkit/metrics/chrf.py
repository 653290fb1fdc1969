# SPDX-License-Identifier: Apache-2.0
"""The chrF of the whole corpus."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._corpus import corpus_chrf
from evalkit.metrics._metric import metric
from evalkit.metrics._sums import of_sums, statistic_of_sums
from evalkit.statistics.resample import Statistic

__all__ = ["chrf"]


@metric(unit="share", better="higher", pair="resample", scorer="chrf")
def chrf(samples: Sequence[Sample], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """chrF2 of the n-gram counts of all answers together, in [0, 1]; not the mean of their chrF.

    Popović (2015), WMT, 392-395; equal to sacrebleu's `corpus_score` / 100. The scorer `chrf` with
    `words: 2` makes it chrF++.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; BCa bootstrap of answers, 2,000 draws. n = 0, or no n-gram at all: NaN.
    """
    return of_sums(samples, corpus_chrf, confidence=confidence, seed=seed)


@chrf.counted
def counted(samples: Sequence[Sample]) -> Statistic:
    """For resampling."""
    return statistic_of_sums(samples, corpus_chrf)
