# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.proportion import wilson


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)],
)
def test_published_intervals(successes, n, low, high):
    """Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3."""
    found = wilson(successes, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_all_right_has_an_interval():
    found = wilson(20, 20)
    assert (found.value, found.high, found.n) == (1.0, 1.0, 20)
    assert found.low == pytest.approx(0.8388748419471808)


def test_nothing_counted():
    found = wilson(0, 0, left_out=3)
    assert isnan(found.value)
    assert isnan(found.low)
    assert (found.n, found.left_out) == (0, 3)
    assert found.why


@settings(deadline=None)
@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_holds_the_share_and_mirrors(cell):
    k, n = cell
    found, mirror = wilson(k, n), wilson(n - k, n)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    assert found.low == pytest.approx(1 - mirror.high, abs=1e-12)


def test_equal_to_statsmodels():
    from statsmodels.stats.proportion import proportion_confint

    for k, n in [(0, 1), (1, 1), (3, 7), (50, 100), (999, 1000)]:
        for alpha in (0.05, 0.1):
            found = wilson(k, n, confidence=1 - alpha)
            wanted = proportion_confint(k, n, alpha, method="wilson")
            assert (found.low, found.high) == pytest.approx(wanted, abs=1e-12)
