# SPDX-License-Identifier: Apache-2.0
"""Several tests at once: adjusted p-values. NaN stays NaN and does not count as a test."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

__all__ = ["benjamini_hochberg", "holm"]


def holm(p: Sequence[float]) -> list[float]:
    """Step-down adjusted p-values: the chance of one false alarm or more stays below alpha.

    p̃₍ᵢ₎ = max over j <= i of min(1, (m - j + 1) p₍ⱼ₎). Holm (1979), Scand. J. Stat. 6, 65-70.

    Args:
        p: Shape (m,), each in [0, 1] or NaN.

    Returns:
        Shape (m,), in the order given.
    """
    adjusted = list(p)
    order = _order(p)
    highest = 0.0
    for rank, i in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p[i]))
        adjusted[i] = highest
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """q-values: of those called at q, about that share are false alarms. For exploration.

    q₍ᵢ₎ = min over j >= i of min(1, m p₍ⱼ₎ / j). Benjamini, Hochberg (1995), JRSS B 57, 289-300.

    Args:
        p: Shape (m,), each in [0, 1] or NaN.

    Returns:
        Shape (m,), in the order given.
    """
    adjusted = list(p)
    order = _order(p)
    lowest = 1.0
    for rank in range(len(order), 0, -1):
        i = order[rank - 1]
        lowest = min(lowest, len(order) * p[i] / rank)
        adjusted[i] = lowest
    return adjusted


def _order(p: Sequence[float]) -> list[int]:
    return sorted((i for i, value in enumerate(p) if not isnan(value)), key=lambda i: p[i])
