# SPDX-License-Identifier: Apache-2.0
"""How long replies are."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._facts import answered
from evalkit.metrics._metric import metric
from evalkit.statistics.mean import mean

__all__ = ["length_chars"]


@metric(unit="characters", better="lower", pair="mean")
def length_chars(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """Mean number of characters (code points) of the reply; shorter is not by itself better.

    Args:
        samples: Shape (n,); failed requests are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        At least 0; Student's t interval, cut at 0. n = 0: NaN; n = 1: no interval.
    """
    return mean(values(samples), confidence=confidence, bounds=(0.0, inf))


@length_chars.each
def values(samples: Sequence[Sample]) -> list[float]:
    """Characters of each reply, NaN where the request failed."""
    return answered(samples, lambda reply: len(reply.text))
