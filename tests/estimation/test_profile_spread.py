# SPDX-License-Identifier: Apache-2.0
"""Quantiles and bins out of counts, against numpy on the values themselves."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.estimation.profile_spread import quantile, spread

VALUES = st.lists(
    st.integers(0, 60) | st.integers(0, 100_000) | st.integers(0, 10**9), min_size=1, max_size=200
)


@given(VALUES)
def test_quantiles_are_numpy_s_default(values):
    found = spread(Counter(values))
    told = [found.p5, found.p25, found.median, found.p75, found.p95]
    expected = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95], method="linear")
    assert told == pytest.approx(expected.tolist(), rel=1e-12, abs=1e-9)
    assert (found.count, found.sum) == (len(values), sum(values))
    assert (found.min, found.max) == (min(values), max(values))
    assert found.mean == pytest.approx(np.mean(values))


@given(VALUES, st.integers(0, 100))
def test_every_quantile(values, percent):
    expected = float(np.quantile(values, percent / 100))
    assert quantile(Counter(values), percent) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@given(VALUES)
def test_bins_touch_hold_every_value_and_are_few(values):
    found = spread(Counter(values))
    bins = found.histogram
    assert sum(one.count for one in bins) == len(values)
    assert bins[0].low <= min(values) < bins[0].high
    assert bins[-1].low <= max(values) < bins[-1].high
    assert all(one.high == other.low for one, other in itertools.pairwise(bins))
    assert all(one.low < one.high for one in bins)
    assert len(bins) <= 35
    for one in bins:
        assert one.count == sum(one.low <= value < one.high for value in values)


def test_values_of_one_size_have_bins_of_one_width():
    found = spread(Counter([208, 240, 257, 300, 355]))
    assert found.scale == "linear"
    assert {one.high - one.low for one in found.histogram} == {10}
    assert spread({1: 3, 4: 1}).histogram[0] == found.histogram[0].__class__(1, 2, 3)


def test_values_of_many_sizes_have_bins_that_grow():
    found = spread(Counter([26, 35, 45, 104, 8032]))
    assert found.scale == "log"
    assert [one.low for one in found.histogram[:5]] == [20, 30, 40, 60, 80]
    assert found.histogram[-1].high == 10_000


def test_nothing_has_no_distribution():
    assert spread({}) is None
    assert spread({5: 0}) is None


def test_one_value_is_all_of_it():
    found = spread({7: 3})
    assert found.min == found.p5 == found.median == found.mean == found.p95 == found.max == 7
    assert len(found.histogram) == 1
