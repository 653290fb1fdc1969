# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.paired import paired_mean
from evalkit.statistics.ratio import paired_ratio

amounts = st.lists(st.tuples(st.floats(0.1, 100), st.floats(0.1, 100)), min_size=3, max_size=40)


@settings(max_examples=80)
@given(amounts)
def test_it_leaves_out_1_when_the_paired_t_test_rejects(rows):
    x, y = [a for a, _ in rows], [b for _, b in rows]
    found = paired_ratio(x, y)
    if isnan(found.low):
        assert found.why
        return
    difference = paired_mean(x, y).interval
    edge = min(abs(found.low - 1), abs(found.high - 1))
    if edge > 1e-9:
        apart = difference.low > 0 or difference.high < 0
        assert (found.low > 1 or found.high < 1) == apart == (found.p < 0.05)


@settings(max_examples=80)
@given(amounts)
def test_swapping_the_models_inverts(rows):
    x, y = [a for a, _ in rows], [b for _, b in rows]
    there, back = paired_ratio(x, y), paired_ratio(y, x)
    assert there.value == pytest.approx(1 / back.value)
    if not isnan(there.low) and not isnan(back.low) and there.low > 0:
        assert there.low == pytest.approx(1 / back.high)


def test_the_unit_does_not_matter():
    x, y = [1.0, 2.0, 4.0, 3.0], [1.5, 2.0, 5.0, 2.5]
    one, two = paired_ratio(x, y), paired_ratio([a * 1e-6 for a in x], [b * 1e-6 for b in y])
    assert (one.low, one.high) == pytest.approx((two.low, two.high))
    assert one.value == 1.1


@pytest.mark.parametrize(
    ("base", "candidate", "why"),
    [
        ([], [], "no pairs"),
        ([nan], [1.0], "no pair is known of both"),
        ([0.0, 0.0], [1.0, 2.0], "base's mean is not above 0"),
        ([1.0, 2.0], [0.0, 0.0], "candidate's mean is not above 0"),
        ([1.0], [1.2], "one pair"),
        ([1.0, 2.0, 3.0], [1.2, 2.4, 3.6], "every item has the same ratio"),
        ([0.0, 0.0, 0.0, 9.0], [1.0, 2.0, 1.5, 1.0], "could be 0"),
    ],
)
def test_no_interval(base, candidate, why):
    found = paired_ratio(base, candidate)
    assert why in found.why
    assert isnan(found.low)
    assert isnan(found.high)


def test_pairs_that_are_not_known_are_counted():
    found = paired_ratio([1.0, nan, 2.0, 3.0], [1.1, 5.0, 2.5, 2.9])
    assert (found.n, found.left_out) == (3, 1)
    with pytest.raises(ValueError, match="equal lengths"):
        paired_ratio([1.0], [1.0, 2.0])


def test_clusters():
    rng = np.random.default_rng(2)
    x, y = rng.lognormal(size=30), rng.lognormal(0.2, size=30)
    plain = paired_ratio(x, y)
    alone = paired_ratio(x, y, clusters=list(range(30)))
    assert (alone.low, alone.high) == (plain.low, plain.high)
    names = [*range(30), *range(30)]
    twice = paired_ratio([*x, *x], [*y, *y], clusters=names)
    assert (twice.low, twice.high) == pytest.approx((plain.low, plain.high))
    assert isnan(paired_ratio(x, y, clusters=["a"] * 30).low)


@pytest.mark.parametrize(("n", "alike", "sigma"), [(15, 0.9, 0.6), (30, 0.5, 1.0), (100, 0.0, 1.0)])
def test_coverage_of_skewed_costs(n, alike, sigma):
    rng = np.random.default_rng(n)
    held = 0
    for _ in range(500):
        both = rng.normal(size=n)
        x, y = (
            np.exp(sigma * (sqrt(alike) * both + sqrt(1 - alike) * rng.normal(size=n)))
            for _ in range(2)
        )
        found = paired_ratio(x, 1.3 * y)
        held += isnan(found.low) or found.low <= 1.3 <= found.high
    assert 0.92 <= held / 500 <= 0.99


def test_the_mean_of_ratios_is_something_else():
    x, y = [1.0, 10.0], [3.0, 10.0]
    assert paired_ratio(x, y).value == pytest.approx(13 / 11)
