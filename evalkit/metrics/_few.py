# SPDX-License-Identifier: Apache-2.0
"""Classes with few items: what resampling and areas may still say of them.

The bootstrap of a metric over classes is too narrow where a class has few items, and nobody knows
by how much: under 10 the interval comes with a warning, under 5 there is none. Intervals of one
share (Wilson, Tango) keep their promise at any number and are not touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import isnan, nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.statistics.auroc import FEW_OF_A_CLASS, MIN_OF_A_CLASS
from evalkit.statistics.paired import Paired

__all__ = ["careful", "careful_pair", "smallest_class"]


def careful(found: Interval, least: int | None) -> Interval:
    """The interval with a warning, or without its ends and p, by the size of the smallest class."""
    if least is None or least >= FEW_OF_A_CLASS or isnan(found.value):
        return found
    if least < MIN_OF_A_CLASS:
        why = f"only {least} of one class: no interval"
        return replace(found, low=nan, high=nan, p=nan, why=_joined(why, found.why))
    why = f"only {least} of one class: the interval is too narrow"
    return replace(found, why=_joined(found.why, "" if isnan(found.low) else why))


def careful_pair(found: Paired, least: int | None) -> Paired:
    """As `careful`, with the ends that margins are held against."""
    interval = careful(found.interval, least)
    if isnan(interval.low) and not isnan(found.interval.low):
        return replace(found, interval=interval, low90=nan, high90=nan, spread=nan)
    return replace(found, interval=interval)


def smallest_class(samples: Sequence[Sample]) -> int:
    """Samples of the label that is expected least often, of those that are expected at all."""
    return min(Counter(s.expected.strip() for s in samples).values(), default=0)


def _joined(*parts: str) -> str:
    return "; ".join(filter(None, parts))
