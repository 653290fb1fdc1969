# SPDX-License-Identifier: Apache-2.0
"""What curves say: worked by hand, held against scipy, and no alarm where there is only noise."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.jobs.job import Checkpoint
from evalkit.jobs.results.curves import (
    best_checkpoint,
    best_step,
    ends,
    error_of_mean,
    kendall_z,
    lowest_window,
    smoothed,
    width_for,
)
from evalkit.jobs.results.metrics_file import Metrics, read_metrics
from evalkit.jobs.results.overfitting import overfitting

NAN = math.nan


def metrics(**columns):
    n = len(next(iter(columns.values())))
    held = {"step": tuple(float(i + 1) for i in range(n))}
    return Metrics(columns={**held, **{k: tuple(v) for k, v in columns.items()}}, kind="steps")


def checkpoint(step, **measured):
    return Checkpoint(id=f"c{step}", step=step, model=f"m:{step}", metrics=measured)


def test_a_running_mean_by_hand():
    assert smoothed([1.0, 2.0, 6.0, 3.0], 3) == (1.5, 3.0, 11 / 3, 4.5)
    assert smoothed([1.0, 2.0], 1) == (1.0, 2.0)
    assert smoothed([], 5) == ()


@settings(max_examples=40)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 20))
def test_a_running_mean_stays_between_the_ends(values, width):
    for mean in smoothed(values, width):
        assert min(values) - 1e-3 <= mean <= max(values) + 1e-3


def test_windows():
    assert [width_for(n) for n in (1, 4, 12, 80, 800)] == [1, 4, 5, 10, 100]
    assert lowest_window([5.0, 1.0, 2.0, 1.0, 5.0], 3) == (2, pytest.approx(4 / 3))


@settings(max_examples=40)
@given(st.lists(st.integers(-20, 20), min_size=2, max_size=40))
def test_kendall_by_its_definition(values):
    n = len(values)
    score = sum((b > a) - (b < a) for i, a in enumerate(values) for b in values[i + 1 :])
    score -= (score > 0) - (score < 0)
    expected = score / math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    assert kendall_z(values) == pytest.approx(expected)


def test_kendall_of_many_values_goes_by_blocks():
    assert kendall_z(range(5000)) == pytest.approx(kendall_z(range(400)))
    assert kendall_z([1.0]) == 0


def test_the_error_of_a_mean_is_that_of_its_values_and_knows_no_straight_trend():
    draw = random.Random(1)  # noqa: S311
    noise = [draw.gauss(0, 0.3) for _ in range(4000)]
    rising = [value + 0.01 * i for i, value in enumerate(noise)]
    assert error_of_mean(noise, 100) == pytest.approx(0.03, rel=0.2)
    assert error_of_mean(rising, 100) == pytest.approx(error_of_mean(noise, 100), rel=1e-6)
    assert error_of_mean([float(i) for i in range(50)], 5) == pytest.approx(0, abs=1e-9)


def test_the_ends_of_a_column():
    found = ends(metrics(train_loss=[NAN, 3.0, 2.0, NAN, 1.0]), "train_loss")
    assert (found.n, found.first, found.last, found.last_step) == (3, 3.0, 1.0, 5)
    assert (found.lowest, found.highest, found.tail) == (1.0, 3.0, 2.0)
    assert ends(metrics(train_loss=[NAN]), "train_loss") is None


def test_the_best_step_is_by_the_whole_set_and_of_equal_ones_the_earliest():
    both = metrics(valid_loss=[1.0, 0.1, 2.0, 3.0], full_valid_loss=[NAN, 0.7, 0.5, 0.5])
    found = best_step(both)
    assert (found.step, found.value, found.by, found.exact) == (3, 0.5, "full_valid_loss", True)
    few = best_step(metrics(valid_loss=[1.0, 0.4, 0.4, 3.0]))
    assert (few.step, few.by, few.exact) == (2, "valid_loss", True)
    assert best_step(metrics(train_loss=[1.0, 2.0])) is None


def test_of_many_batches_not_the_easiest_one_is_best_but_the_lowest_stretch():
    values = [3.0, 3.0, 0.1, 3.0, 3.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0]
    found = best_step(metrics(valid_loss=values))
    assert (found.step, found.value, found.exact) == (9, pytest.approx(1.0), False)


def test_the_best_checkpoint():
    three = [checkpoint(10, full_valid_loss=0.9), checkpoint(20, full_valid_loss=0.6),
             checkpoint(30, full_valid_loss=0.6)]  # fmt: skip
    found = best_checkpoint(three)
    assert (found.checkpoint.step, found.value, found.of) == (20, 0.6, 3)
    silent = [checkpoint(1), checkpoint(3)]
    assert best_checkpoint(silent) is None
    by_file = best_checkpoint(silent, metrics(full_valid_loss=[0.5, NAN, 0.4]))
    assert (by_file.checkpoint.step, by_file.by) == (3, "full_valid_loss")
    by_batches = best_checkpoint(silent, metrics(valid_loss=[0.5, 9.0, 0.7]))
    assert (by_batches.checkpoint.step, by_batches.by) == (1, "valid_loss")
    mixed = [checkpoint(10, full_valid_loss=0.9, valid_loss=0.3), checkpoint(20, valid_loss=0.2)]
    assert best_checkpoint(mixed).by == "valid_loss"  # one measure for both
    assert best_checkpoint([]) is None


FALLING = [3.0 - 0.25 * i for i in range(10)]


@pytest.mark.parametrize(
    ("whole", "train", "found", "why", "since"),
    [
        ([2.0, 1.0, 1.2, 1.4], [3.0, 2.0, 1.0, 0.5], True, "rising", 2),
        ([2.0, 1.0, 1.2, 1.4], [3.0, 2.0, 2.0, 2.0], False, "training-not-falling", 2),
        ([2.0, 1.0, 1.2, 1.4], [3.0, 2.0, 2.5, 3.0], False, "diverging", 2),
        ([2.0, 1.0, 1.01, 1.01], [3.0, 2.0, 1.0, 0.5], False, "not-rising", 2),
        ([2.0, 1.0, 1.4, 1.01], [3.0, 2.0, 1.0, 0.5], False, "not-rising", 2),
        ([3.0, 2.0, 1.0, 1.5], [3.0, 2.0, 1.0, 0.5], False, "last-only", 3),
        ([4.0, 3.0, 2.0, 1.0], [3.0, 2.0, 1.0, 0.5], False, "not-rising", 4),
    ],
)
def test_over_fitting_by_the_whole_set(whole, train, found, why, since):
    sign = overfitting(metrics(train_loss=train, full_valid_loss=whole))
    assert (sign.found, sign.why, sign.since, sign.exact) == (found, why, since, True)


def test_too_little_to_say():
    assert overfitting(metrics(train_loss=FALLING)).why == "no-validation"
    few = overfitting(metrics(train_loss=FALLING, valid_loss=FALLING[::-1]))
    assert (few.found, few.why) == (None, "few-points")


def curves(n, rise, seed, *, noise=0.2, together=0.0):
    draw = random.Random(seed)  # noqa: S311
    last, swing = 0.0, []
    for _ in range(n):
        last = together * last + draw.gauss(0, noise)
        swing.append(last)
    train = [2 * math.exp(-3 * i / n) + draw.gauss(0, 0.1) for i in range(n)]
    valid = [
        1 + math.exp(-6 * i / n) + rise * max(0, i / n - 0.4) / 0.6 + swing[i] for i in range(n)
    ]
    return metrics(train_loss=train, valid_loss=valid)


@pytest.mark.parametrize("together", [0.0, 0.7])
@pytest.mark.parametrize("n", [12, 59, 400])
def test_noise_alone_is_no_sign(n, together):
    signs = [overfitting(curves(n, 0.0, seed, together=together)).found for seed in range(60)]
    assert sum(signs) <= (2 if together else 0)


def test_a_rise_is_found_about_where_it_begins():
    for seed in range(20):
        sign = overfitting(curves(400, 1.0, seed))
        assert sign.found
        assert 80 <= sign.since <= 230  # it begins at 160, the lowest point is flat
        assert sign.train_last < sign.train_then
        assert sign.last > sign.lowest


def test_real_files_are_not_called_over_fitted(shared):
    for path in sorted((shared / "finetune-results").glob("*.csv")):
        assert overfitting(read_metrics(path)).found is False
