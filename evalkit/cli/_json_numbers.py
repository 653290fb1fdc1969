# SPDX-License-Identifier: Apache-2.0
"""Numbers in JSON documents, which have no NaN."""

from __future__ import annotations

from math import isnan

from evalkit.core.measure import Interval

__all__ = ["ends", "number"]


def number(value: float) -> float | None:
    """The value; None for NaN."""
    return None if isnan(value) else value


def ends(found: Interval) -> dict[str, float | None]:
    """The value and its two ends, in this order."""
    return {"value": number(found.value), "low": number(found.low), "high": number(found.high)}
