# SPDX-License-Identifier: Apache-2.0
"""How many tokens an answer takes."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.statistics.studentised import skewed_mean

__all__ = ["tokens"]


@metric(unit="tokens", better="lower", pair="mean")
def tokens(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """Mean tokens of the answer as the provider counts them, thinking included.

    Args:
        samples: Shape (n,); failed requests and answers that nobody counted are left out and
            counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        At least 0; studentised bootstrap, for a few long answers make most of the sum (Student's t
        below 5 and above 5,000 answers). n = 0: NaN; n = 1: no interval.
    """
    return skewed_mean(values(samples), confidence=confidence)


@tokens.each
def values(samples: Sequence[Sample]) -> list[float]:
    """Completion tokens of each answer, NaN where not counted."""
    return [
        nan
        if s.reply.usage is None or s.reply.finish == "error"
        else float(s.reply.usage.completion_tokens)
        for s in samples
    ]
