# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.calibration import (
    CalibrationError,
    brier,
    brier_each,
    ece,
    ece_interval,
    log_loss,
    log_loss_each,
    mass_bins,
)

rows = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 1)), min_size=1, max_size=60)


@settings(max_examples=40)
@given(rows)
def test_equal_to_scikit_learn(rows):
    from sklearn import metrics

    p, y = [a for a, _ in rows], [b for _, b in rows]
    assert brier(p, y) == pytest.approx(metrics.brier_score_loss(y, p))
    assert log_loss(p, y) == pytest.approx(metrics.log_loss(y, p, labels=[0, 1]), rel=1e-6)


def test_several_labels():
    from sklearn import metrics

    p = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8], [0.3, 0.4, 0.3]])
    y = [0, 2, 0]
    assert log_loss(p, y) == pytest.approx(metrics.log_loss(y, p, labels=[0, 1, 2]))
    assert brier_each(p, y) == pytest.approx([0.14, 0.06, 0.74])
    two = np.array([0.8, 0.3])
    both = np.column_stack([1 - two, two])
    assert brier(both, [1, 0]) == pytest.approx(2 * brier(two, [1, 0]))


def test_a_sure_mistake_costs_36_and_not_infinity():
    assert log_loss_each([0.0], [1]) == pytest.approx(36.04, abs=0.01)
    assert log_loss_each([1.0], [1]) == pytest.approx(0.0, abs=1e-12)


def test_nothing():
    assert isnan(brier([], []))
    assert isnan(ece([], []))
    found = ece_interval([], [], left_out=3)
    assert isnan(found.value)
    assert found.why == "nothing was scored"
    assert mass_bins([], []) == []


def test_bins_hold_the_same_number_of_rows():
    p = np.linspace(0, 1, 150)
    bins = mass_bins(p, p > 0.5)
    assert [b.n for b in bins] == [10] * 15
    assert [b.low for b in bins] == sorted(b.low for b in bins)
    assert sum(b.n * b.share_right for b in bins) == pytest.approx(75)


def test_equal_probabilities_stay_together():
    bins = mass_bins([0.9] * 70 + [1.0] * 30, [1] * 60 + [0] * 10 + [1] * 30)
    assert [(b.n, b.low, b.high) for b in bins] == [(70, 0.9, 0.9), (30, 1.0, 1.0)]
    assert ece([0.9] * 70 + [1.0] * 30, [1] * 60 + [0] * 10 + [1] * 30) == pytest.approx(
        0.7 * (0.9 - 60 / 70)
    )


@settings(max_examples=40)
@given(rows)
def test_the_error_by_hand(rows):
    p, y = [a for a, _ in rows], [b for _, b in rows]
    by_bins = sum(b.n * abs(b.mean_probability - b.share_right) for b in mass_bins(p, y))
    assert ece(p, y) == pytest.approx(by_bins / len(p), abs=1e-12)
    assert 0 <= ece(p, y) <= 1
    statistic = CalibrationError(p, y)
    assert statistic(np.arange(len(p))) == pytest.approx(ece(p, y), abs=1e-12)
    again = np.arange(len(p)).repeat(3)  # thrice the rows: the same bins
    assert statistic(again) == pytest.approx(ece(p, y), abs=1e-9)


def drawn(n, power, seed):
    rng = np.random.default_rng(seed)
    p = rng.beta(0.8, 0.8, n)
    odds = (p / (1 - p)) ** power
    return p, (rng.random(n) < odds / (1 + odds)).astype(float)


def test_calibrated_probabilities_are_not_told_from_none():
    """Their error is not 0, but what chance alone makes of it; the interval begins at 0."""
    p, y = drawn(400, 1.0, 2)
    found = ece_interval(p, y)
    assert found.value > 0.02
    assert found.low == 0.0
    assert found.p > 0.05


def test_overconfident_ones_are():
    p, y = drawn(2000, 0.5, 4)
    found = ece_interval(p, y)
    assert found.p < 0.01
    assert 0.03 < found.low < found.value < found.high
    many = ece_interval(*drawn(6000, 0.5, 6))  # another way above 5,000
    assert many.p < 0.01
    assert many.value == pytest.approx(found.value, abs=0.03)


def test_too_few_of_a_kind():
    found = ece_interval([0.9] * 30, [1] * 28 + [0] * 2)
    assert isnan(found.low)
    assert "only 2" in found.why


@pytest.mark.slow
def test_how_often_the_interval_holds_the_truth():
    big, _ = drawn(200_000, 1.0, 1)
    odds = (big / (1 - big)) ** 0.6
    truth = float(np.abs(big - odds / (1 + odds)).mean())
    held = 0
    for seed in range(60):
        found = ece_interval(*drawn(400, 0.6, seed + 10))
        held += found.low <= truth <= found.high
    assert held >= 0.85 * 60
