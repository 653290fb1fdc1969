# SPDX-License-Identifier: Apache-2.0
"""How many rows a promise needs, and what the present rows can show.

Notation: psi = share of items on which the two models disagree, delta = the true difference,
s_d = standard deviation of the paired differences, z_a = z of the two-sided alpha, z_b = z of the
power. All are planning formulas (normal approximation): "about N", to two digits.
"""

from __future__ import annotations

from math import ceil, isfinite, nan, sqrt

from evalkit.statistics.normal import quantile

__all__ = [
    "rows_needed_binary",
    "rows_needed_margin",
    "rows_needed_mean",
    "visible_binary",
    "visible_mean",
]


def rows_needed_binary(
    psi: float, delta: float, *, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Pairs at which a true difference delta is found: (z_a √psi + z_b √(psi - delta²))² / delta².

    Measured: the mid-p test then has 80-81 % power (the exact one 76-79 %).

    Args:
        psi: In [0, 1]; raised to |delta| where it is below, since it cannot be.
        delta: In [-1, 1].
        alpha: Two-sided.
        power: In (0, 1).

    Returns:
        At least 1; Connor (1987), Biometrics 43, 207-211. delta = 0 or NaN: None.
    """
    if not (isfinite(psi) and isfinite(delta)) or delta == 0:
        return None
    psi = max(psi, abs(delta))
    root = _z(alpha) * sqrt(psi) + quantile(power) * sqrt(max(0.0, psi - delta * delta))
    return _rows(root * root / (delta * delta))


def rows_needed_mean(
    sd: float, delta: float, *, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Pairs at which a true mean difference delta is found: (z_a + z_b)² s_d² / delta².

    Args:
        sd: s_d > 0, in the metric's unit.
        delta: In the metric's unit.
        alpha: Two-sided.
        power: In (0, 1).

    Returns:
        At least 2; delta or s_d = 0 or NaN: None.
    """
    if not (isfinite(sd) and isfinite(delta)) or delta == 0 or sd <= 0:
        return None
    root = (_z(alpha) + quantile(power)) * sd / delta
    return max(2, _rows(root * root) or 2)


def rows_needed_margin(
    spread: float,
    delta: float,
    margin: float,
    binary: bool,
    *,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int | None:
    """Pairs at which "not worse by the margin" is proven if the true difference is delta.

    (z_{1-alpha} + z_b)² v / (margin + delta)², v = psi - delta² for right and wrong, s_d² else.

    Args:
        spread: psi for binary metrics, s_d for means.
        delta: Improvement of the candidate, in the metric's unit; 0 to plan for equal models.
        margin: What may be lost, > 0, same unit.
        binary: Which of the two `spread` is.
        alpha: One-sided.
        power: In (0, 1).

    Returns:
        At least 1; None where delta <= -margin (no number of rows proves it) or a number is NaN.
    """
    if not (isfinite(spread) and isfinite(delta) and isfinite(margin)) or margin + delta <= 0:
        return None
    variance = max(spread, abs(delta)) - delta * delta if binary else spread * spread
    if variance <= 0:
        return None
    root = quantile(1 - alpha) + quantile(power)
    return _rows(root * root * variance / (margin + delta) ** 2)


def visible_binary(psi: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The least difference that n pairs show with that power: Connor's formula solved for delta.

    Args:
        psi: In [0, 1]; where the answer is above it, all disagreement is taken to go one way
            (so psi = 0, two models that never differed here, has an answer).
        n: Pairs.
        alpha: Two-sided.
        power: In (0, 1).

    Returns:
        In (0, 1]; NaN where even a difference of 1 would not show (n < 4) or psi is NaN.
    """
    if n < 1 or not isfinite(psi):
        return nan
    z_a, z_b = _z(alpha), quantile(power)
    # n d² - 2 z_a √(n psi) d + z_a² psi = z_b² (psi - d²), the larger root
    a, half_b, c = n + z_b * z_b, z_a * sqrt(n * psi), (z_a * z_a - z_b * z_b) * psi
    delta = (half_b + sqrt(max(0.0, half_b * half_b - a * c))) / a
    if 0 < delta <= psi:
        return delta
    if n < z_a * z_a:
        return nan
    low, high = 0.0, 1.0  # psi = delta: n delta = (z_a + z_b √(1 - delta))²
    for _ in range(60):
        middle = (low + high) / 2
        root = z_a + z_b * sqrt(1 - middle)
        low, high = (low, middle) if n * middle >= root * root else (middle, high)
    return high


def visible_mean(sd: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The least mean difference that n pairs show with that power: (z_a + z_b) s_d / √n.

    Args:
        sd: s_d > 0, in the metric's unit.
        n: Pairs.
        alpha: Two-sided.
        power: In (0, 1).

    Returns:
        In the metric's unit; NaN for n < 2 or s_d = 0 or NaN (nothing is known of the spread).
    """
    if n < 2 or not isfinite(sd) or sd <= 0:
        return nan
    return (_z(alpha) + quantile(power)) * sd / sqrt(n)


def _z(alpha: float) -> float:
    return quantile(1 - alpha / 2)


def _rows(x: float) -> int | None:
    return max(1, ceil(x - 1e-9)) if isfinite(x) else None
