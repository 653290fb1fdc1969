# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, sqrt

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evalkit.statistics.normal import two_sided_z
from evalkit.statistics.paired_binary import (
    mcnemar_asymptotic,
    mcnemar_exact,
    mcnemar_midp,
    tango,
)

cells = st.integers(1, 400).flatmap(
    lambda n: st.integers(0, n).flatmap(
        lambda b: st.tuples(st.just(b), st.integers(0, n - b), st.just(n))
    )
)


def test_airway_data():
    """Fagerland, Lydersen, Laake (2014): table (1, 1, 7, 12), b = 1, c = 7."""
    assert mcnemar_exact(1, 7) == 0.0703125
    assert mcnemar_midp(1, 7) == 0.0390625
    assert mcnemar_asymptotic(1, 7) == pytest.approx(0.0338949, abs=5e-8)
    assert tango(1, 7, 21) == pytest.approx((-0.5172, -0.0260), abs=5e-5)


def test_presidential_approval():
    """Agresti: 150 against 86 of 1,600."""
    assert tango(150, 86, 1600) == pytest.approx((0.021362, 0.058998), abs=5e-7)


def test_judged_pairs():
    """Phi-3 against its DPO: 20 wins, 18 losses of 73; the win rate is (1 + difference)/2."""
    low, high = tango(20, 18, 73)
    assert ((1 + low) / 2, (1 + high) / 2) == pytest.approx((0.4309, 0.5957), abs=5e-5)
    assert mcnemar_midp(20, 18) == pytest.approx(0.749, abs=5e-4)


@pytest.mark.parametrize(("b", "c"), [(4, 0), (15, 6), (18, 8), (21, 10), (46, 29)])
def test_interval_and_midp_disagree_at_the_edge(b, c):
    """Tango goes with the asymptotic test, so `better` must ask mid-p too."""
    low, _ = tango(b, c, 200)
    assert low > 0
    assert mcnemar_asymptotic(b, c) < 0.05 <= mcnemar_midp(b, c)


def test_no_disagreement_has_an_interval():
    low, high = tango(0, 0, 20)
    assert high == pytest.approx(0.1611, abs=5e-5)
    assert low == -high
    assert mcnemar_midp(0, 0) == mcnemar_exact(0, 0) == mcnemar_asymptotic(0, 0) == 1.0
    assert tango(8, 0, 8) == pytest.approx((0.351, 1.0), abs=5e-4)


def test_mlflows_switch_of_tests_is_gone():
    """(17, 7) and (18, 7): p fell from .064 to .0455 where mlflow changed the test."""
    assert mcnemar_midp(17, 7) == pytest.approx(0.043, abs=5e-4)
    assert mcnemar_midp(18, 7) == pytest.approx(0.029, abs=5e-4)


def test_no_pairs():
    assert all(isnan(end) for end in tango(0, 0, 0))


@settings(deadline=None)
@given(cells)
def test_swapping_mirrors_exactly(cell):
    b, c, n = cell
    low, high = tango(b, c, n)
    assert tango(c, b, n) == (-high, -low)
    assert mcnemar_midp(b, c) == mcnemar_midp(c, b)


@settings(deadline=None)
@given(cells)
def test_interval_holds_the_difference(cell):
    b, c, n = cell
    low, high = tango(b, c, n)
    assert -1 <= low <= (b - c) / n <= high <= 1
    assert low < high
    wide = tango(b, c, n, confidence=0.99)
    assert wide[0] <= low
    assert high <= wide[1]


@settings(deadline=None)
@given(cells)
def test_leaves_out_zero_exactly_when_the_asymptotic_test_rejects(cell):
    b, c, n = cell
    z = abs(b - c) / sqrt(b + c) if b + c else 0.0
    assume(abs(z - two_sided_z(0.95)) > 1e-6)
    low, high = tango(b, c, n)
    assert (low > 0 or high < 0) == (mcnemar_asymptotic(b, c) < 0.05)


@settings(deadline=None)
@given(st.integers(0, 1500), st.integers(0, 1500))
def test_tests_equal_statsmodels(b, c):
    from scipy.stats import binom, norm

    m, k = b + c, min(b, c)
    if m == 0:
        return
    exact = min(1.0, 2 * binom.cdf(k, m, 0.5))
    midp = (
        1 - binom.pmf(b, m, 0.5) / 2 if b == c else 2 * binom.cdf(k, m, 0.5) - binom.pmf(k, m, 0.5)
    )
    assert mcnemar_exact(b, c) == pytest.approx(exact, rel=1e-8, abs=1e-290)
    assert mcnemar_midp(b, c) == pytest.approx(midp, rel=1e-8, abs=1e-300)
    assert mcnemar_asymptotic(b, c) == pytest.approx(2 * norm.sf(abs(b - c) / sqrt(m)), rel=1e-9)
