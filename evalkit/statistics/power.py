# SPDX-License-Identifier: Apache-2.0
"""How many rows a promise needs, and what the present rows can show.

Notation: psi = share of items on which the two models disagree, delta = the true difference,
s_d = standard deviation of the paired differences, z_a = z of the two-sided alpha, z_b = z of the
power. All are planning formulas (normal approximation): "about N", to two digits.
"""

from __future__ import annotations

from math import ceil, isfinite, nan, sqrt

from evalkit.statistics.margin_rows import rows_of_margin
from evalkit.statistics.normal import quantile, two_sided_z

__all__ = [
    "cluster_design",
    "likely_disagreement",
    "rows_needed_binary",
    "rows_needed_margin",
    "rows_needed_mean",
    "rows_needed_width",
    "rows_needed_win_rate",
    "visible_binary",
    "visible_margin",
    "visible_mean",
    "visible_width",
    "visible_win_rate",
]

_MOST = 10**12  # rows; an answer beyond that is none
_HALVINGS = 10  # of a fifth of a margin: far less than a tenth of a point


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

    Means: (z_{1-alpha} + z_b)² s_d² / (margin + delta)². Right and wrong: the same with
    psi - delta² for s_d², or more where Tango's bound asks for it (`rows_of_margin`): two models
    that never differ take z² (1 - margin)/margin, 133 rows for 2 points.

    Args:
        spread: psi for binary metrics, s_d for means.
        delta: Improvement of the candidate, in the metric's unit; 0 to plan for equal models.
        margin: What may be lost, > 0, same unit.
        binary: Which of the two `spread` is.
        alpha: One-sided.
        power: In (0, 1).

    Returns:
        At least 1; None where delta <= -margin (no number of rows proves it), a number is NaN, or
        nothing is known of the spread (s_d = 0).
    """
    if binary:
        return rows_of_margin(spread, delta, margin, alpha=alpha, power=power)
    if not (isfinite(spread) and isfinite(delta) and isfinite(margin)) or margin + delta <= 0:
        return None
    if spread <= 0:
        return None
    root = (quantile(1 - alpha) + quantile(power)) * spread / (margin + delta)
    return _rows(root * root)


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


def visible_margin(
    spread: float, n: int, binary: bool, *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The least margin that n pairs of equal models keep with that power.

    Means: (z_{1-alpha} + z_b) s_d / √n. Right and wrong: the least one that takes no more than n
    pairs by `rows_of_margin`; two models that never differ prove z²/(n + z²).

    Returns:
        In the metric's unit; NaN for n < 2, where nothing is known of the spread, or where not even
        a loss of everything is ruled out.
    """
    if n < 2 or not isfinite(spread) or spread < 0 or (spread == 0 and not binary):
        return nan
    usual = (quantile(1 - alpha) + quantile(power)) * sqrt((spread if binary else spread**2) / n)
    if not binary:
        return usual

    def shows(margin: float) -> bool:
        needed = rows_of_margin(spread, 0.0, margin, alpha=alpha, power=power)
        return needed is not None and needed <= n

    low, high = usual * (1 - 1e-9), usual * (1 + 1e-9)
    while not shows(high):
        low, high = high, 1.2 * high + 0.1 / n
        if low >= 1:
            return nan
    for _ in range(_HALVINGS * (low >= usual)):
        middle = (low + high) / 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high if high < 1 else nan


def rows_needed_width(share: float, half: float, *, confidence: float = 0.95) -> int | None:
    """Items at which Wilson's interval of a share is no wider than ± half, by search.

    Args:
        share: Expected, in [0, 1].
        half: Half the width, in (0, 1/2).
        confidence: Of the interval.

    Returns:
        At least 1; None for a half of 0 or less, or where a number is NaN.
    """
    if not (isfinite(share) and isfinite(half)) or half <= 0 or not 0 <= share <= 1:
        return None
    low, high = 0, 1
    while visible_width(share, high, confidence=confidence) > half:
        low, high = high, high * 2
        if high > _MOST:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        if visible_width(share, middle, confidence=confidence) > half:
            low = middle
        else:
            high = middle
    return high


def visible_width(share: float, n: int, *, confidence: float = 0.95) -> float:
    """Half the width of Wilson's interval of a share over n items, before it is cut at 0 and 1."""
    if n < 1 or not isfinite(share):
        return nan
    z = two_sided_z(confidence)
    return z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)


def rows_needed_win_rate(
    rate: float, ties: float, *, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Judged pairs at which a win rate is told from 1/2: Connor's n of wins and losses.

    Args:
        rate: (wins + ties/2)/n expected, in [0, 1].
        ties: Their share, in [0, 1).
        alpha: Two-sided.
        power: In (0, 1).

    Returns:
        At least 1; None for a rate of 1/2, or one that so many ties do not allow.
    """
    net = 2 * rate - 1
    if not (isfinite(rate) and isfinite(ties)) or abs(net) > 1 - ties + 1e-12:
        return None
    return rows_needed_binary(1 - ties, net, alpha=alpha, power=power)


def visible_win_rate(ties: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The least distance of a win rate from 1/2 that n judged pairs show with that power.

    Returns:
        In (0, 1/2]; NaN where so many ties leave no room for a distance that would show.
    """
    net = visible_binary(1 - ties, n, alpha=alpha, power=power)
    return net / 2 if net <= 1 - ties + 1e-12 else nan


def cluster_design(size: float, alike: float) -> float:
    """Rows of clusters that tell as much as one independent row: 1 + (m - 1) ICC. Kish (1965).

    Args:
        size: Rows of a cluster on average, m >= 1.
        alike: Intra-cluster correlation of what is measured, ICC in [0, 1]; 0.3 is usual for
            turns of one conversation.
    """
    return 1 + max(0.0, size - 1) * alike


def likely_disagreement(base: float, delta: float) -> float:
    """A guess of psi where only the base's accuracy is known: half of what chance would give.

    Independent models disagree on p₁(1-p₂) + p₂(1-p₁) of the items; a model and its tuned child
    mostly stumble over the same ones. A pilot (`rows-needed --from RUN`) beats the guess.

    Args:
        base: Accuracy p₁, in [0, 1].
        delta: Expected difference p₂ - p₁.

    Returns:
        In [|delta|, 1].
    """
    other = min(1.0, max(0.0, base + delta))
    chance = base * (1 - other) + other * (1 - base)
    return max(abs(delta), chance / 2)


def _z(alpha: float) -> float:
    return quantile(1 - alpha / 2)


def _rows(x: float) -> int | None:
    return max(1, ceil(x - 1e-9)) if isfinite(x) else None
