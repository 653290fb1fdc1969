# SPDX-License-Identifier: Apache-2.0
"""BLEU of the whole corpus."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._corpus import corpus_bleu
from evalkit.metrics._metric import metric
from evalkit.metrics._sums import of_sums, statistic_of_sums
from evalkit.statistics.resample import Statistic

__all__ = ["bleu"]


@metric(unit="share", better="higher", pair="resample", scorer="bleu")
def bleu(samples: Sequence[Sample], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """BLEU of the n-gram counts of all answers together, in [0, 1]; not the mean of their BLEU.

    Papineni et al. (2002), ACL, 311-318; equal to sacrebleu's `corpus_score` / 100 (exponential
    smoothing, order 4). Options of the scorer `bleu` choose how texts are cut.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; BCa bootstrap of answers, 2,000 draws. n = 0, or no n-gram at all: NaN.
    """
    return of_sums(samples, corpus_bleu, confidence=confidence, seed=seed)


@bleu.counted
def counted(samples: Sequence[Sample]) -> Statistic:
    """For resampling."""
    return statistic_of_sums(samples, corpus_bleu)
