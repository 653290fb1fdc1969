# SPDX-License-Identifier: Apache-2.0
"""How many pairs right or wrong a margin takes, by the bound that judges it: Tango's.

The usual formula, (z_a + z_b)² (psi - delta²) / (margin + delta)², lets the bound of its own
variance decide. Tango's is wider where few pairs differ: of two models that never differ it is
-z²/(n + z²), so that no fewer than z² (1 - margin)/margin pairs prove anything. At psi 1 % and a
margin of 10 points the formula asks for 7 pairs, of which none in a thousand sets pass; 25 can.
"""

from __future__ import annotations

from math import ceil, exp, floor, isfinite, lgamma, log, log1p, sqrt

from evalkit.statistics.normal import quantile
from evalkit.statistics.paired_binary import score

__all__ = ["power_of_margin", "rows_of_margin"]

_SHORT = 1.05  # the miss may be so many times the promised one: the formula's own 495 has 79.5 %
_FEW = 30  # pairs that differ; below that only counting them all tells
_STEPS = 40  # of the count
_MOST = 10**12
_EDGE = 1 - 1e-9  # a loss of everything is no margin


def rows_of_margin(
    psi: float, delta: float, margin: float, *, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Pairs at which Tango's one-sided bound lies above -margin with that power.

    The formula above, or what the score at the quantile of the power asks for, where that is more.
    Where few pairs differ, all outcomes are counted: from so many rows on (as far as half as many
    again was looked) the chance stays. Measured for 80 %: 79 % and more, where few differ 78.

    Args:
        psi: Share of pairs on which the models differ, in [0, 1]; raised to |delta|.
        delta: True difference, in [-1, 1].
        margin: What may be lost; below 0, what must be gained at least. margin + delta > 0.
        alpha: One-sided.
        power: In (0, 1).

    Returns:
        At least 1; None where no number of pairs does it, or a number is NaN.
    """
    if not all(map(isfinite, (psi, delta, margin))) or margin + delta <= 0:
        return None
    psi, margin = min(1.0, max(psi, abs(delta))), min(margin, _EDGE)
    z, z_b = quantile(1 - alpha), quantile(power)
    variance = max(0.0, psi - delta * delta)
    usual = max(1, ceil((z + z_b) ** 2 * variance / (margin + delta) ** 2 - 1e-9))
    if usual > _MOST:
        return None
    enough = 1 - _SHORT * (1 - power)
    if power <= 0.5 or not 0 < enough < 1:
        enough = power
    found = max(usual, _by_score(psi, delta, margin, z, quantile(enough)))
    if psi == 0 or found * psi > _FEW:
        return found
    least = max(1, floor(z * z * (1 - margin) / margin)) if margin > 0 else 1
    last = ceil(1.5 * max(found, _by_score(psi, delta, margin, z, z_b))) + 10

    def holds(n: int) -> bool:
        return power_of_margin(n, psi, delta, margin, alpha=alpha) >= enough

    step = max(1, (last - least) // _STEPS)
    while last - step >= least and holds(last - step):
        last -= step
    while last > least and holds(last - 1):
        last -= 1
    return last


def power_of_margin(
    n: int, psi: float, delta: float, margin: float, *, alpha: float = 0.05
) -> float:
    """The chance that n pairs prove the margin, over all outcomes but one in a million.

    Args:
        n: Pairs; meant for those of which some dozens differ.
        psi: As of `rows_of_margin`, at least |delta|.
        delta: Likewise.
        margin: Likewise.
        alpha: One-sided.
    """
    z = quantile(1 - alpha)
    share = (psi - delta) / 2 / psi if psi > 0 else 0.0  # of what differs: broken
    expected = n * psi
    reach = 5 * sqrt(expected) + 12
    total, most = 0.0, 0
    for k in range(max(0, floor(expected - reach)), min(n, ceil(expected + reach)) + 1):
        most = _most_broken(k, n, -margin, z, min(most, k))
        if most >= 0:
            total += _exactly(k, n, psi) * _at_most(most, k, share)
        most = max(0, most)
    return min(1.0, total)


def _most_broken(k: int, n: int, bound: float, z: float, start: int) -> int:
    """Of k pairs that differ, how many may be broken; -1 = none. It moves little with k."""
    c = start
    while c >= 0 and score(k - c, c, n, bound) <= z:
        c -= 1
    if c < start:
        return c
    while c < k and score(k - c - 1, c + 1, n, bound) > z:
        c += 1
    return c


def _exactly(k: int, n: int, share: float) -> float:
    """P(X = k), by logarithms: n may be great."""
    if share <= 0 or share >= 1:
        return float(k == (n if share >= 1 else 0))
    ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(ways + k * log(share) + (n - k) * log1p(-share))


def _at_most(k: int, n: int, share: float) -> float:
    """P(X <= k), by adding up; n of some dozens."""
    if k >= n or share <= 0:
        return 1.0
    if share >= 1:
        return 0.0
    term = total = (1 - share) ** n
    odds = share / (1 - share)
    for i in range(k):
        term *= (n - i) / (i + 1) * odds
        total += term
    return total


def _by_score(psi: float, delta: float, margin: float, z: float, z_b: float) -> int:
    """The least n whose outcome at the quantile z_b of b - c has its score above z."""

    def proves(n: int) -> bool:
        net = n * delta - z_b * sqrt(n * max(0.0, psi - delta * delta))
        differ = max(n * psi, abs(net))
        return differ <= n and score((differ + net) / 2, (differ - net) / 2, n, -margin) > z

    low, high = 0, 1
    while not proves(high) and high < _MOST:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if proves(middle) else (middle, high)
    return high
