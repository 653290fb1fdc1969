# SPDX-License-Identifier: Apache-2.0
"""Two models right or wrong on the same n items.

b = items that only the candidate got right ("fixed"), c = items that only the base got right
("broken"). The items on which both agree carry no information about the difference but its scale.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb, exp, inf, lgamma, log, nan, sqrt

from evalkit.statistics.normal import two_sided_p, two_sided_z

__all__ = ["mcnemar_asymptotic", "mcnemar_exact", "mcnemar_midp", "score", "tango"]

_EXACT_UP_TO = 1000  # discordant pairs; integers beyond that are slow and logarithms are good


def tango(
    b: float, c: float, n: float, *, confidence: float = 0.95, z: float | None = None
) -> tuple[float, float]:
    """Score interval of the paired difference (b - c)/n.

    The ends solve (b - c - nδ) / √(n (2q + δ(1-δ))) = ±z with q, the probability of a broken item
    under δ, by maximum likelihood: q = (√(B² - 4AC) - B) / 2A, A = 2n, B = -b - c + (2n - b + c)δ,
    C = -cδ(1-δ). It leaves out 0 exactly when McNemar's asymptotic test rejects, has a width above
    0 for b = c = 0, and mirrors when the models are swapped.

    Args:
        b: Fixed, >= 0; fractions are allowed, as of an effective number of pairs.
        c: Broken, >= 0, b + c <= n.
        n: Pairs.
        confidence: Of the interval, in (0, 1).
        z: The critical value, where it is not the normal one of `confidence`.

    Returns:
        Low and high, in [-1, 1]; Tango (1998), Statistics in Medicine 17, 891-908. n = 0: NaN.
    """
    if n <= 0:
        return nan, nan
    z = two_sided_z(confidence) if z is None else z
    return -_upper(c, b, n, z), _upper(b, c, n, z)


def _upper(b: float, c: float, n: float, z: float) -> float:
    if b >= n:
        return 1.0
    return _root(lambda delta: score(b, c, n, delta) + z, (b - c) / n, 1.0)


def score(b: float, c: float, n: float, delta: float) -> float:
    """Standardised distance of the observed difference from delta; falls as delta grows."""
    if delta < 0:  # mirrored: no cancellation below 0, and swapping the models is exact
        return -score(c, b, n, -delta)
    big_b = -b - c + (2 * n - b + c) * delta
    big_c = -c * delta * (1 - delta)
    root = sqrt(max(0.0, big_b * big_b - 8 * n * big_c))
    broken = (root - big_b) / (4 * n) if big_b <= 0 else -2 * big_c / (root + big_b)
    variance = n * (2 * broken + delta * (1 - delta))
    distance = b - c - n * delta
    if variance <= 0:
        return 0.0 if distance == 0 else inf if distance > 0 else -inf
    return distance / sqrt(variance)


def _root(falling: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses 0, to the last bit or so."""
    for _ in range(100):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def mcnemar_midp(b: int, c: int) -> float:
    """Mid-p of McNemar's test: 2 P(X <= min(b, c)) - P(X = min(b, c)), X ~ Bin(b + c, 1/2).

    The default test: its size stays near 5 % where the exact test's falls to nothing.

    Args:
        b: Fixed, >= 0.
        c: Broken, >= 0.

    Returns:
        In (0, 1]; b = c: 1 - P(X = b)/2; b + c = 0: 1. Fagerland, Lydersen, Laake (2013), BMC
        Medical Research Methodology 13:91.
    """
    if b + c == 0:
        return 1.0
    below, at = _lower_tail(min(b, c), b + c)
    return 1 - at / 2 if b == c else min(1.0, 2 * below - at)


def mcnemar_exact(b: int, c: int) -> float:
    """Exact two-sided p: min(1, 2 P(X <= min(b, c))), X ~ Bin(b + c, 1/2); b + c = 0: 1."""
    if b + c == 0:
        return 1.0
    below, _ = _lower_tail(min(b, c), b + c)
    return min(1.0, 2 * below)


def mcnemar_asymptotic(b: int, c: int) -> float:
    """Two-sided p of z = (b - c)/√(b + c), without the continuity correction; b + c = 0: 1."""
    return 1.0 if b + c == 0 else two_sided_p((b - c) / sqrt(b + c))


def _lower_tail(k: int, m: int) -> tuple[float, float]:
    """P(X <= k) and P(X = k) for X ~ Bin(m, 1/2)."""
    if m <= _EXACT_UP_TO:
        at = total = comb(m, k)
        term = at
        for i in range(k, 0, -1):
            term = term * i // (m - i + 1)
            total += term
        return total / 2**m, at / 2**m
    head = exp(lgamma(m + 1) - lgamma(k + 1) - lgamma(m - k + 1) - m * log(2))
    share = term_share = 1.0
    for i in range(k, 0, -1):
        term_share *= i / (m - i + 1)
        share += term_share
        if term_share < 1e-18 * share:
            break
    return head * share, head
