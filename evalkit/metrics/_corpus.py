# SPDX-License-Identifier: Apache-2.0
"""BLEU and chrF of a corpus by sacrebleu, from the counts that its answers add up to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from evalkit.core.errors import MissingExtraError

__all__ = ["corpus_bleu", "corpus_chrf"]

_CHARACTERS = 6  # orders of character n-grams in chrF


def corpus_bleu(sums: Sequence[float]) -> float:
    """BLEU in [0, 1], exponential smoothing.

    Args:
        sums: Lengths of answers and of nearest references, matches of order 1 to 4, n-grams of
            order 1 to 4.
    """
    length, reference, *counts = (int(x) for x in sums)
    found = _metrics().BLEU.compute_bleu(
        correct=counts[:4],
        total=counts[4:],
        sys_len=length,
        ref_len=reference,
        smooth_method="exp",
    )
    return min(1.0, float(found.score) / 100)


def corpus_chrf(sums: Sequence[float]) -> float:
    """Its chrF2, in [0, 1].

    Args:
        sums: n-grams of answers, of best references and of both, order by order: six of
            characters, then those of words (two for chrF++).
    """
    score = _chrf(len(sums) // 3 - _CHARACTERS)
    return min(1.0, float(score._compute_f_score(list(sums))) / 100)  # noqa: SLF001  has no other name


@cache
def _chrf(words: int) -> Any:
    return _metrics().CHRF(word_order=words)


def _metrics() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError:
        raise MissingExtraError("sacrebleu", extra="eval", purpose="count n-grams") from None
    return metrics
