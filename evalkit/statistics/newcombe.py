# SPDX-License-Identifier: Apache-2.0
"""Newcombe's interval of a paired difference of shares: two Wilson intervals, squared and added."""

from __future__ import annotations

from math import nan, sqrt

from evalkit.statistics.proportion import wilson

__all__ = ["newcombe"]


def newcombe(
    both: int, fixed: int, broken: int, neither: int, *, confidence: float = 0.95
) -> tuple[float, float]:
    """Method 10: D - √((p₂-l₂)² - 2φ(p₂-l₂)(u₁-p₁) + (u₁-p₁)²), the upper end likewise.

    φ = max(ad - bc - n/2, 0) / √((a+b)(c+d)(a+c)(b+d)) where ad > bc, without the n/2 elsewhere,
    and 0 where a margin is empty. For reports that must name this method; `tango` is the one that
    agrees with the test.

    Args:
        both: Items that both models got right, a.
        fixed: That only the candidate got right, b.
        broken: That only the base got right, c.
        neither: That neither got right, d.
        confidence: Of the interval, in (0, 1).

    Returns:
        Low and high of candidate minus base, in [-1, 1]; Newcombe (1998), Statistics in Medicine
        17, 2635-2650. No items: NaN.
    """
    n = both + fixed + broken + neither
    if n <= 0:
        return nan, nan
    candidate = wilson(both + fixed, n, confidence=confidence)
    base = wilson(both + broken, n, confidence=confidence)
    phi = _correlation(both, fixed, broken, neither)
    difference = (fixed - broken) / n
    down = _third(candidate.value - candidate.low, base.high - base.value, phi)
    up = _third(candidate.high - candidate.value, base.value - base.low, phi)
    return difference - down, difference + up


def _correlation(a: int, b: int, c: int, d: int) -> float:
    margins = (a + b) * (c + d) * (a + c) * (b + d)
    if margins == 0:
        return 0.0
    product = a * d - b * c
    corrected = max(product - (a + b + c + d) / 2, 0.0) if product > 0 else float(product)
    return corrected / sqrt(margins)


def _third(x: float, y: float, r: float) -> float:
    return sqrt(max(0.0, x * x + y * y - 2 * r * x * y))
