# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.paired_binary import mcnemar_midp
from evalkit.statistics.power import (
    rows_needed_binary,
    rows_needed_margin,
    rows_needed_mean,
    visible_binary,
    visible_mean,
)


@pytest.mark.parametrize(
    ("psi", "delta", "rows"),
    [
        (0.1, 0.05, 312),
        (0.2, 0.05, 626),
        (0.4, 0.05, 1254),
        (0.2, 0.03, 1742),
        (0.2, 0.1, 155),
        (0.1, 0.02, 1960),
    ],
)
def test_connor(psi, delta, rows):
    assert rows_needed_binary(psi, delta) == rows_needed_binary(psi, -delta) == rows
    assert visible_binary(psi, rows) == pytest.approx(delta, rel=5e-3)


@pytest.mark.parametrize(("margin", "rows"), [(0.05, 495), (0.03, 1374), (0.02, 3092)])
def test_margin(margin, rows):
    assert rows_needed_margin(0.2, 0.0, margin, binary=True) == rows


@pytest.mark.parametrize(("psi", "delta"), [(0.2, 0.1), (0.1, 0.05)])
def test_the_planned_rows_keep_the_promise(psi, delta):
    """Exact power of mid-p at the planned n: 78 to 83 %."""
    from scipy.stats import binom

    n = rows_needed_binary(psi, delta)
    share = (psi + delta) / 2 / psi
    power = 0.0
    for m in range(n + 1):
        discordant = binom.pmf(m, n, psi)
        if discordant > 1e-10:
            found = (binom.pmf(b, m, share) for b in range(m + 1) if mcnemar_midp(b, m - b) < 0.05)
            power += discordant * sum(found)
    assert 0.78 <= power <= 0.83


def test_mean():
    """z: (1.95996 + 0.84162)² = 7.849."""
    assert rows_needed_mean(1.0, 0.1) == 785
    assert visible_mean(1.0, 785) == pytest.approx(0.1, rel=1e-3)
    assert rows_needed_margin(1.0, 0.0, 0.1, binary=False) == 619  # (1.6449 + .8416)² * 100


def test_models_that_never_differed():
    """With psi = 0 in 100 rows about 8 rows, all one way, would show; never "sees everything"."""
    least = visible_binary(0.0, 100)
    assert 0.07 < least < 0.08
    assert rows_needed_binary(0.0, least) == 100


@pytest.mark.parametrize(
    "rows",
    [
        rows_needed_binary(0.2, 0.0),
        rows_needed_binary(nan, 0.1),
        rows_needed_binary(0.1, nan),
        rows_needed_mean(0.0, 0.1),
        rows_needed_mean(1.0, 0.0),
        rows_needed_margin(0.2, -0.05, 0.05, binary=True),
        rows_needed_margin(0.2, -0.05, 0.02, binary=True),
        rows_needed_margin(nan, 0.0, 0.02, binary=False),
    ],
)
def test_no_number_of_rows(rows):
    assert rows is None


def test_too_few_rows_to_see_anything():
    assert isnan(visible_binary(0.1, 0))
    assert isnan(visible_binary(0.1, 3))
    assert isnan(visible_mean(1.0, 1))
    assert isnan(visible_mean(0.0, 10))


@settings(deadline=None)
@given(st.floats(0, 1), st.integers(4, 10_000))
def test_what_is_visible_is_what_the_rows_suffice_for(psi, n):
    least = visible_binary(psi, n)
    assert 0 < least <= 1
    assert abs(rows_needed_binary(psi, least) - n) <= 1
    assert least >= visible_binary(psi, n + 100) - 1e-12
