# SPDX-License-Identifier: Apache-2.0
"""Facts about replies that are counted for every task, whatever the scorer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan, nan

from evalkit.core.exchange import Reply
from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.statistics.proportion import wilson

__all__ = ["answered", "share"]


def answered(samples: Sequence[Sample], fact: Callable[[Reply], float]) -> list[float]:
    """The fact of each reply, NaN where the request failed and there is none."""
    return [nan if s.reply.finish == "error" else float(fact(s.reply)) for s in samples]


def share(values: Sequence[float], *, confidence: float) -> Interval:
    """Share of ones, NaN left out and counted."""
    x = [v for v in values if not isnan(v)]
    return wilson(sum(x), len(x), confidence=confidence, left_out=len(values) - len(x))
