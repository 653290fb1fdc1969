# SPDX-License-Identifier: Apache-2.0
"""How often intervals hold the truth and tests cry wolf, on cells that were measured elsewhere too.

Right and wrong are enumerated: no luck in it. The rest is drawn with a fixed seed.
"""

from __future__ import annotations

from functools import cache
from math import comb, sqrt

import numpy as np
import pytest

from evalkit.statistics.auroc import auroc
from evalkit.statistics.bonett_price import bonett_price
from evalkit.statistics.clusters import (
    cluster_codes,
    cluster_error,
    clustered_mean,
    design_effect,
)
from evalkit.statistics.mean import mean
from evalkit.statistics.newcombe import newcombe
from evalkit.statistics.normal import two_sided_z
from evalkit.statistics.paired import paired_auroc, paired_mean
from evalkit.statistics.paired_binary import mcnemar_asymptotic, mcnemar_midp, tango
from evalkit.statistics.power import rows_needed_binary, rows_needed_margin
from evalkit.statistics.preference import win_rate

# Shares of fixed and of broken items.
SCENARIOS = {
    "97 to 98": (0.02, 0.01),
    "92 to 95": (0.04, 0.01),
    "80 to 85": (0.09, 0.04),
    "60 to 65": (0.10, 0.05),
    "equal, 20 % differ": (0.10, 0.10),
    "equal, 5 % differ": (0.025, 0.025),
    "30 to 70": (0.45, 0.05),
}
SIZES = (20, 50, 100, 300, 1000)


def cells(n, fixed, broken):
    """b, c and their probabilities, all of them that matter; arrays."""
    from scipy.stats import multinomial

    b, c = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    b, c = b[b + c <= n], c[b + c <= n]
    p = multinomial.pmf(np.stack([b, c, n - b - c], axis=1), n, [fixed, broken, 1 - fixed - broken])
    keep = p > 1e-10
    return b[keep], c[keep], p[keep]


@cache
def ends(b, c, n):
    return tango(b, c, n)


def score(b, c, n, delta):
    """Tango's statistic in the paper's own words, as arrays."""
    big_b = -b - c + (2 * n - b + c) * delta
    root = np.sqrt(big_b**2 + 8 * n * c * delta * (1 - delta))
    q = (root - big_b) / (4 * n)
    variance = n * (2 * q + delta * (1 - delta))
    off = b - c - n * delta
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(
            variance > 1e-12, off / np.sqrt(np.maximum(variance, 1e-12)), np.sign(off) * 99
        )


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("n", [20, 50])
def test_tango_by_enumeration(name, n):
    fixed, broken = SCENARIOS[name]
    truth = fixed - broken
    held = [(low - 1e-12 <= truth <= high + 1e-12) * p
            for b, c, p in zip(*cells(n, fixed, broken), strict=True)
            for low, high in [ends(int(b), int(c), n)]]  # fmt: skip
    assert sum(held) >= 0.93


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("n", [100, 300, 1000])
def test_tango_by_its_score(name, n):
    """The truth is in the interval where the score at it is within z: no root is searched."""
    fixed, broken = SCENARIOS[name]
    b, c, p = cells(n, fixed, broken)
    truth = fixed - broken
    held = p[np.abs(score(b, c, n, truth)) <= two_sided_z(0.95) + 1e-9].sum()
    assert held >= 0.93
    rng = np.random.default_rng(n)
    for i in rng.choice(len(b), size=20):  # and the interval is that of the score
        low, high = tango(int(b[i]), int(c[i]), n)
        within = abs(score(b[i], c[i], n, truth)) <= two_sided_z(0.95)
        assert (low <= truth <= high) == within


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("n", SIZES)
def test_bonett_price(name, n):
    fixed, broken = SCENARIOS[name]
    b, c, p = cells(n, fixed, broken)
    two, one = (b + 1) / (n + 2), (c + 1) / (n + 2)
    half = two_sided_z(0.95) * np.sqrt((one + two - (two - one) ** 2) / (n + 2))
    held = np.abs(two - one - (fixed - broken)) <= half
    assert p[held].sum() >= 0.945
    low, high = bonett_price(int(b[0]), int(c[0]), n)
    assert (low, high) == pytest.approx((two[0] - one[0] - half[0], two[0] - one[0] + half[0]))


def test_newcombe_on_a_cell():
    """80 to 85 %, n = 20, measured 98.8 %: all four counts are enumerated."""
    n, (both, fixed, broken, neither) = 12, (0.76, 0.09, 0.04, 0.11)
    held = 0.0
    for a in range(n + 1):
        for b in range(n + 1 - a):
            for c in range(n + 1 - a - b):
                d = n - a - b - c
                ways = comb(n, a) * comb(n - a, b) * comb(n - a - b, c)
                low, high = newcombe(a, b, c, d)
                held += (low <= 0.05 <= high) * ways * both**a * fixed**b * broken**c * neither**d
    assert held >= 0.945


@pytest.mark.parametrize("psi", [0.05, 0.1, 0.2, 0.4])
@pytest.mark.parametrize("n", [30, 100, 300, 1000])
def test_false_alarms_of_midp(psi, n):
    assert rejections(psi, 0.0, n) <= 0.053


@cache
def rejected_up_to(m):
    """The greatest min(b, c) of m discordant pairs at which mid-p is below 5 %, else -1."""
    low, high = -1, m // 2
    while low < high:  # mid-p rises with min(b, c)
        middle = (low + high + 1) // 2
        if mcnemar_midp(middle, m - middle) < 0.05:
            low = middle
        else:
            high = middle - 1
    return low


def rejections(psi, delta, n):
    """Share of sets of n pairs in which mid-p is below 5 %."""
    from scipy.stats import binom

    share = (psi + delta) / 2 / psi
    m = np.arange(n + 1)
    k = np.array([rejected_up_to(int(x)) for x in m])
    tails = binom.cdf(k, m, share) + binom.cdf(k, m, 1 - share)
    return float((binom.pmf(m, n, psi) * np.where(k >= 0, tails, 0)).sum())


@pytest.mark.parametrize(
    ("psi", "delta"),
    [(0.1, 0.05), (0.2, 0.05), (0.4, 0.05), (0.2, 0.03), (0.2, 0.1), (0.1, 0.02)],
)
def test_the_planners_promise(psi, delta):
    assert 0.78 <= rejections(psi, delta, rows_needed_binary(psi, delta)) <= 0.83


@pytest.mark.parametrize("margin", [0.05, 0.03, pytest.param(0.02, marks=pytest.mark.slow)])
def test_the_promise_of_a_margin(margin):
    """Equal models of psi 20 % keep it in 77 to 81 % of sets; one as bad as the margin in 5 %."""
    n = rows_needed_margin(0.2, 0.0, margin, binary=True)
    z = two_sided_z(0.9)
    for delta, low, high in ((0.0, 0.765, 0.81), (-margin, 0.04, 0.053)):
        b, c, p = cells(n, (0.2 + delta) / 2, (0.2 - delta) / 2)
        # the lower end is above -margin where the score at -margin is above z
        kept = -score(c, b, n, margin) > z
        assert low <= p[kept].sum() <= high


@pytest.mark.parametrize("n", [20, 50, 100])
@pytest.mark.parametrize(("wins", "losses"), [(0.9, 0.05), (0.3, 0.2)])
def test_win_rates_with_ties(n, wins, losses):
    truth = (1 + wins - losses) / 2
    rng, held = np.random.default_rng(n), 0
    drawn = rng.multinomial(n, [wins, losses, 1 - wins - losses], size=1500)
    for w, l, t in drawn.tolist():  # noqa: E741
        found = rate(w, l, t)
        held += found.low <= truth <= found.high
    assert held / 1500 >= 0.93


@cache
def rate(wins, losses, ties):
    return win_rate(wins, losses, ties)


@pytest.mark.parametrize("n", [15, 30, 100])
def test_paired_means(n):
    """Scores like token F1: many 0 and 1, the rest between. t holds 95 %."""
    rng, held = np.random.default_rng(n), 0

    def scores(size, shift):
        kind = rng.random(size)
        return np.where(kind < 0.3, 0, np.where(kind < 0.6 + shift, 1, rng.random(size)))

    truth = float(scores(400_000, 0.1).mean() - scores(400_000, 0.0).mean())
    for _ in range(400):
        x, y = scores(n, 0.0), scores(n, 0.1)
        found = mean((y - x).tolist())
        held += found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.98
    assert paired_mean(x, y).interval.low == pytest.approx(found.low)


@pytest.mark.parametrize("groups", [5, 10, 50])
def test_clusters(groups):
    """Unequal sizes, correlation 0.3: iid t holds 72 %, CR3 with t 93 to 95 %."""
    rng, held, plain = np.random.default_rng(groups), 0, 0
    for _ in range(400):
        sizes = rng.integers(1, 13, size=groups)
        codes = np.repeat(np.arange(groups), sizes)
        x = rng.normal(0, sqrt(0.3), groups)[codes] + rng.normal(0, sqrt(0.7), codes.size)
        found = clustered_mean(x.tolist(), codes.tolist())
        held += found.low <= 0 <= found.high
        usual = mean(x.tolist())
        plain += usual.low <= 0 <= usual.high
    assert held / 400 >= 0.905
    assert plain / 400 <= 0.80


def test_the_design_effect_of_independent_rows_is_1():
    rng = np.random.default_rng(1)
    codes = np.repeat(np.arange(60), 5)
    effects = [design_effect(rng.normal(size=300), codes) for _ in range(300)]
    assert np.mean(effects) == pytest.approx(1.0, abs=0.06)
    x = rng.normal(size=40)
    assert cluster_error(x, cluster_codes(range(40))) == pytest.approx(x.std(ddof=1) / sqrt(40))


def curves(rng, n, positives, one, two):
    """Two scores of the same items, correlated, with these distances between the classes."""
    y = np.repeat([1.0, 0.0], [positives, n - positives])
    both = rng.normal(size=n)
    x = (one * y + sqrt(0.5) * both + sqrt(0.5) * rng.normal(size=n))  # fmt: skip
    return y, x, two * y + sqrt(0.5) * both + sqrt(0.5) * rng.normal(size=n)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "positives", "one", "two", "least"),
    [
        (100, 50, 2.0, 2.5, 0.94),  # .921 to .961: DeLong 93.4 to 94.2
        (50, 25, 2.5, 3.2, 0.93),  # .961 to .988: DeLong 86.6
        (100, 50, 1.0, 1.0, 0.935),  # .760 both
    ],
)
def test_differences_of_areas(n, positives, one, two, least):
    from statistics import NormalDist

    truth = NormalDist().cdf(two / sqrt(2)) - NormalDist().cdf(one / sqrt(2))
    rng, held = np.random.default_rng(n), 0
    for _ in range(1500):
        found = paired_auroc(*curves(rng, n, positives, one, two)).interval
        held += found.low <= truth <= found.high
    assert held / 1500 >= least


def test_one_area():
    """.961 from 25 and 25: plain DeLong 84 %, the logit scale 93.6 %."""
    from statistics import NormalDist

    truth = NormalDist().cdf(2.5 / sqrt(2))
    rng, held = np.random.default_rng(7), 0
    for _ in range(600):
        y, x, _ = curves(rng, 50, 25, 2.5, 2.5)
        found = auroc(y, x)
        held += found.low <= truth <= found.high
    assert held / 600 >= 0.91


def test_mover_with_a_fixed_curve_is_the_single_interval():
    """One model orders all items alike (area 1/2, no error): the difference moves like the other."""
    from evalkit.statistics.auroc import curve, logit_ends
    from evalkit.statistics.paired import paired_curves

    rng = np.random.default_rng(8)
    y, x, _ = curves(rng, 80, 40, 1.0, 1.0)
    moving = curve(y, x)
    still = curve(y, x)
    frozen = type(still)(area=0.5, influence=np.zeros(80) + 1e-11, least=still.least)
    found = paired_curves(frozen, moving, n=80).interval
    low, high = logit_ends(moving, 0.95)
    assert (found.low + 0.5, found.high + 0.5) == pytest.approx((low, high), abs=1e-6)


def test_the_power_that_pairing_buys():
    """A real +5 points, psi 10 %, n = 300: mid-p 79 %; an unpaired z would see it in 6 %."""
    assert rejections(0.1, 0.05, 300) == pytest.approx(0.792, abs=5e-3)
    assert rejections(0.1, 0.05, 100) == pytest.approx(0.326, abs=5e-3)


def test_duality_on_every_cell_of_60():
    for b in range(61):
        for c in range(61 - b):
            low, high = ends(b, c, 60)
            assert (low > 0 or high < 0) == (mcnemar_asymptotic(b, c) < 0.05)
