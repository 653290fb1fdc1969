# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.clusters import paired_clustered_preference
from evalkit.statistics.paired import paired_binary, paired_preference
from evalkit.statistics.paired_binary import mcnemar_exact, mcnemar_midp, tango
from evalkit.statistics.power import rows_needed_binary, rows_needed_mean
from evalkit.statistics.preference import (
    first_position,
    length_controlled,
    preference_mean,
    win_rate,
)

counts = st.tuples(*[st.integers(0, 200)] * 3).filter(any)


@settings(max_examples=60)
@given(counts)
def test_it_is_the_paired_difference_on_half_the_scale(cell):
    wins, losses, ties = cell
    n = sum(cell)
    found, (low, high) = win_rate(*cell), tango(wins, losses, n)
    assert (found.low, found.high) == ((1 + low) / 2, (1 + high) / 2)
    assert found.p == mcnemar_midp(wins, losses)
    assert found.value == pytest.approx((1 + (wins - losses) / n) / 2)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.high > found.low
    swapped = win_rate(losses, wins, ties)
    assert (swapped.low, swapped.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-15)


def test_ties_tell_something():
    """Half ties: Wilson of the win rate would be 1.4 times as wide."""
    found = win_rate(30, 20, 50)
    assert found.high - found.low == pytest.approx(0.136, abs=5e-3)
    assert win_rate(0, 0, 20).high == pytest.approx(0.5806, abs=5e-5)


def test_nothing_judged():
    for found in (win_rate(0, 0, 0), preference_mean([]), preference_mean([nan, nan])):
        assert isnan(found.value)
        assert isnan(found.p)
        assert found.why
    assert preference_mean([nan, 1.0]).left_out == 1


def test_plain_preferences_are_a_win_rate():
    given = [1.0, 1.0, 0.0, 0.5, nan]
    found, plain = preference_mean(given), win_rate(2, 1, 1)
    assert (found.low, found.high, found.p) == (plain.low, plain.high, plain.p)
    assert (found.n, found.left_out) == (4, 1)


def test_weighted_preferences_go_by_the_mean():
    given = [0.9, 0.8, 0.3, 0.75, 0.6, 0.95]
    found = preference_mean(given)
    assert found.value == pytest.approx(sum(given) / 6)
    assert found.method == "t+sign-flip"
    assert 0 < found.low < found.value < found.high <= 1
    assert 0 < found.p < 1
    assert isnan(preference_mean([0.75]).low)


@settings(max_examples=40)
@given(st.lists(st.sampled_from([0.0, 0.5, 1.0, nan]), min_size=1, max_size=60))
def test_a_pair_of_models(values):
    """The base of a judged pair is 1/2 everywhere."""
    known = [v for v in values if not isnan(v)]
    found = paired_preference([0.5] * len(values), values)
    assert (found.interval.n, found.interval.left_out) == (len(known), len(values) - len(known))
    if not known:
        assert isnan(found.interval.value)
        return
    rate = win_rate(known.count(1.0), known.count(0.0), known.count(0.5))
    of = found.interval
    assert (of.value, of.low, of.high) == pytest.approx(
        (rate.value - 0.5, rate.low - 0.5, rate.high - 0.5)
    )
    assert of.p == rate.p
    assert found.spread > 0
    back = paired_preference(values, [0.5] * len(values))
    assert (back.interval.low, back.low90) == pytest.approx((-of.high, -found.high90))


def test_it_is_planned_on_its_own_scale():
    """40 wins, 20 losses, 40 ties: +10 points of win rate, as Connor plans +20 of net."""
    found = paired_preference([0.5] * 100, [1.0] * 40 + [0.0] * 20 + [0.5] * 40)
    assert found.interval.value == pytest.approx(0.1)
    planned = rows_needed_mean(found.spread, 0.1)
    assert planned == pytest.approx(rows_needed_binary(0.6, 0.2), rel=0.06)


def test_weighted_pairs_are_compared_as_means():
    found = paired_preference([0.5] * 4, [0.9, 0.8, 0.4, 0.7])
    assert "weighted" in found.interval.why
    assert found.interval.method.startswith("t")


def test_clusters():
    values = [1.0, 1.0, 0.0, 0.5, 1.0, 0.5, 1.0, 0.0, 1.0, 1.0, 0.5, 1.0]
    alone = paired_clustered_preference([0.5] * 12, values, list(range(12)))
    plain = paired_preference([0.5] * 12, values)
    assert alone.interval.value == plain.interval.value
    assert alone.interval.p == pytest.approx(plain.interval.p)
    twice = paired_clustered_preference([0.5] * 24, values * 2, [*range(12), *range(12)])
    assert twice.interval.value == plain.interval.value
    width = alone.interval.high - alone.interval.low
    assert twice.interval.high - twice.interval.low == pytest.approx(width, rel=0.1)
    assert twice.spread > alone.spread  # the design effect is in it
    weighted = paired_clustered_preference([0.5] * 3, [0.9, 0.2, 0.4], ["a", "b", "b"])
    assert weighted.interval.method.startswith("t-clustered")


def test_where_the_judge_likes_length():
    """True win rate 62 % at equal length; the candidate is longer, and looks better than that."""
    import numpy as np

    rng = np.random.default_rng(5)
    off = rng.normal(200, 300, 3000)
    chance = 1 / (1 + np.exp(-(0.5 + 1.2 * np.tanh(off / off.std(ddof=1)))))
    given = (rng.random(3000) < chance).astype(float)
    found = length_controlled(given, 1000 + off, np.full(3000, 1000.0))
    assert preference_mean(given).value > 0.67
    assert found.low < 1 / (1 + np.exp(-0.5)) < found.high
    assert found.p < 1e-6
    back = length_controlled(1 - given, np.full(3000, 1000.0), 1000 + off)
    assert back.value == pytest.approx(1 - found.value)
    assert back.low == pytest.approx(1 - found.high)


def test_length_equals_statsmodels():
    import numpy as np
    import statsmodels.api as sm

    rng = np.random.default_rng(6)
    off = rng.normal(0, 1, 200)
    given = rng.choice([0.0, 0.5, 1.0], size=200)
    x = sm.add_constant(np.tanh(off / off.std(ddof=1)))
    model = sm.GLM(given, x, family=sm.families.Binomial()).fit()
    found = length_controlled(given, off, np.zeros(200))
    assert found.value == pytest.approx(1 / (1 + np.exp(-model.params[0])), abs=1e-9)


@pytest.mark.parametrize(
    ("given", "lengths", "why"),
    [
        ([1.0] * 9, range(9), "only 9"),
        ([1.0] * 20, range(20), "decides every preference"),
        ([0.0] * 10 + [1.0] * 10, range(-10, 10), "decides every preference"),
        ([0.0, 1.0] * 10, [7.0] * 20, "length differences are equal"),
        ([nan] * 20, range(20), "only 0"),
    ],
)
def test_no_regression_on_length(given, lengths, why):
    found = length_controlled(given, list(lengths), [0.0] * len(given))
    assert isnan(found.value)
    assert why in found.why


def test_answers_of_one_length_need_no_correction():
    found = length_controlled([1.0, 0.0] * 6, [5.0] * 12, [5.0] * 12)
    assert found.value == 0.5
    assert "equally long" in found.why


def test_unequal_lengths_of_columns():
    with pytest.raises(ValueError, match="2 preferences"):
        length_controlled([1.0, 0.0], [1.0], [1.0])


def test_the_first_place():
    found = first_position(30, 10)
    assert found.value == 0.75
    assert found.p == mcnemar_exact(30, 10)
    assert isnan(first_position(0, 0).value)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=50))
def test_right_and_wrong_give_the_same_as_wins_and_losses(pairs):
    """P5 equals P2 with b = W, c = L."""
    x, y = [float(a) for a, _ in pairs], [float(b) for _, b in pairs]
    of = paired_binary(x, y)
    judged = paired_preference([0.5] * len(x), [(1 + b - a) / 2 for a, b in zip(x, y, strict=True)])
    assert judged.interval.low == of.interval.low / 2
    assert judged.interval.p == of.interval.p
