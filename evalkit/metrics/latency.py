# SPDX-License-Identifier: Apache-2.0
"""How long an answer takes."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.statistics.studentised import skewed_mean

__all__ = ["latency"]


@metric(unit="ms", better="lower", pair="mean")
def latency(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """Mean milliseconds from request to whole answer, at the load of this run.

    Args:
        samples: Shape (n,); failed requests and answers without a time (recorded ones, those of a
            batch, further repeats) are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        At least 0; studentised bootstrap, for a few long answers make most of the sum (Student's t
        below 5 and above 5,000 answers). n = 0: NaN; n = 1: no interval.
    """
    return skewed_mean(values(samples), confidence=confidence)


@latency.each
def values(samples: Sequence[Sample]) -> list[float]:
    """Milliseconds of each answer, NaN where not known."""
    return [
        nan if s.seconds is None or s.reply.finish == "error" else 1000 * s.seconds for s in samples
    ]
