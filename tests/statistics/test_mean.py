# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import inf, isnan, nan

import pytest

from evalkit.statistics.mean import mean


def test_equal_to_scipy():
    from scipy import stats

    values = [0.1, 0.4, 0.35, 0.9, 0.2]
    found = mean([*values, nan])
    wanted = stats.t.interval(0.95, 4, loc=sum(values) / 5, scale=stats.sem(values))
    assert (found.low, found.high) == pytest.approx(wanted)
    assert (found.n, found.left_out, found.method) == (5, 1, "t")


@pytest.mark.parametrize("values", [[], [nan, nan]])
def test_nothing_scored(values):
    found = mean(values)
    assert isnan(found.value)
    assert (found.n, found.left_out) == (0, len(values))
    assert found.why


@pytest.mark.parametrize("values", [[3.0], [3.0, 3.0], [0.1 + 0.2, 0.3]])
def test_no_spread_no_interval(values):
    found = mean(values)
    assert found.value == pytest.approx(values[0])
    assert isnan(found.low)
    assert isnan(found.high)
    assert found.why


def test_a_mean_of_what_cannot_be_negative_ends_at_0():
    values = [1.0, 1.0, 90.0]
    assert mean(values).low < 0
    cut = mean(values, bounds=(0.0, inf))
    assert (cut.low, cut.high) == (0.0, mean(values).high)
    nothing = mean([0.0] * 9, bounds=(0.0, inf))  # one bound alone gives Wilson nothing to scale
    assert (nothing.value, nothing.method) == (0.0, "t")
    assert isnan(nothing.low)
    assert nothing.why


def test_bounds():
    assert mean([0.0, 1.0], bounds=(0.0, 1.0)).low == 0.0
    all_right = mean([1.0] * 20, bounds=(0.0, 1.0))
    assert (all_right.method, all_right.high) == ("wilson", 1.0)
    assert all_right.low == pytest.approx(0.8388748419471808)
    tens = mean([10.0] * 20, bounds=(1.0, 10.0))
    assert tens.low == pytest.approx(1 + 9 * all_right.low)
