# SPDX-License-Identifier: Apache-2.0
"""Share of requests that failed."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from evalkit.core.exchange import ABSENT
from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._facts import share
from evalkit.metrics._metric import metric

__all__ = ["errors"]


@metric(unit="share", better="lower", pair="binary")
def errors(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """Share of requests that ended in an error after all retries.

    Args:
        samples: Shape (n,); recorded answers that are missing are left out and counted: no request
            failed there.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], Wilson interval. n = 0: NaN.
    """
    return share(values(samples), confidence=confidence)


@errors.each
def values(samples: Sequence[Sample]) -> list[float]:
    """1 for a failed request, else 0; NaN where none was made."""
    return [
        nan if (s.reply.error or "").startswith(ABSENT) else float(s.reply.finish == "error")
        for s in samples
    ]
