# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import comb, isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.margin_rows import power_of_margin
from evalkit.statistics.paired_binary import score, tango
from evalkit.statistics.power import (
    rows_needed_binary,
    rows_needed_margin,
    rows_needed_mean,
    visible_binary,
    visible_margin,
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


def kept(n, psi, delta, margin, z=1.6448536269514722):
    """The chance that Tango's one-sided bound lies above -margin, over all outcomes."""
    total = 0.0
    for k in range(n + 1):
        differ = comb(n, k) * psi**k * (1 - psi) ** (n - k)
        for c in range(k + 1) if differ > 1e-9 else ():
            if score(k - c, c, n, -margin) > z:
                share = (psi - delta) / 2 / psi if psi else 0.0
                total += differ * comb(k, c) * share**c * (1 - share) ** (k - c)
    return total


@pytest.mark.parametrize(("margin", "rows"), [(0.02, 133), (0.05, 52), (0.1, 25)])
def test_models_that_never_differ_take_rows_too(margin, rows):
    """Tango's bound is then -z²/(n + z²); the plain formula asks for no rows at all."""
    assert rows_needed_margin(0.0, 0.0, margin, binary=True) == rows
    assert (
        tango(0, 0, rows, confidence=0.9)[0] > -margin >= tango(0, 0, rows - 1, confidence=0.9)[0]
    )
    assert rows_needed_margin(0.001, 0.0, margin, binary=True) >= rows
    assert visible_margin(0.0, rows, binary=True) <= margin


@pytest.mark.parametrize(
    ("psi", "margin"),
    [
        (0.01, 0.1),
        (0.0083, 0.05),
        (0.0083, 0.1),
        (0.062, 0.1),
        (0.1, 0.1),
        (0.1, 0.05),
        (0.05, 0.2),
    ],
)
def test_the_promise_of_a_margin_where_few_rows_differ(psi, margin):
    """The plain formula's rows keep it in 0 to 77 % of sets: 7 rows at 1 % and 10 points in 0."""
    n = rows_needed_margin(psi, 0.0, margin, binary=True)
    for rows in (n, n + 1, n + n // 10):  # and a few rows more do not break it
        assert kept(rows, psi, 0.0, margin) >= 0.785
        assert power_of_margin(rows, psi, 0.0, margin) == pytest.approx(
            kept(rows, psi, 0.0, margin), abs=1e-4
        )


@pytest.mark.parametrize("power", [0.5, 0.9, 0.95])
def test_other_powers_of_a_margin(power):
    n = rows_needed_margin(0.03, 0.0, 0.1, binary=True, power=power)
    assert kept(n, 0.03, 0.0, 0.1) >= power - 0.015


def test_a_true_gain_and_a_margin_to_exceed():
    """ "better by more than 5 points" of models that are 15 points apart."""
    n = rows_needed_margin(0.2, 0.15, -0.05, binary=True)
    assert 0.78 <= kept(n, 0.2, 0.15, -0.05) <= 0.86
    assert rows_needed_margin(0.2, 0.0, 2.0, binary=True) == 1  # all may be lost


@given(st.floats(0, 0.6), st.integers(2, 3000))
@settings(deadline=None, max_examples=15)
def test_the_margin_that_shows_takes_those_rows(psi, n):
    least = visible_margin(psi, n, binary=True)
    if isnan(least):
        assert n < 10
    else:
        assert rows_needed_margin(psi, 0.0, least, binary=True) <= n


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
