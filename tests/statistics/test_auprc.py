# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.auprc import AveragePrecision, auprc, average_precision, paired_auprc
from evalkit.statistics.calibration import CalibrationError
from evalkit.statistics.resample import bootstrap

rows = st.lists(st.tuples(st.booleans(), st.integers(0, 12)), min_size=2, max_size=60).filter(
    lambda r: any(a for a, _ in r)
)


@settings(max_examples=60)
@given(rows)
def test_equal_to_scikit_learn(rows):
    from sklearn.metrics import average_precision_score

    y, s = [float(a) for a, _ in rows], [b / 12 for _, b in rows]
    assert average_precision(y, s) == pytest.approx(average_precision_score(y, s))
    assert average_precision(y, [x**3 for x in s]) == pytest.approx(average_precision(y, s))


@settings(max_examples=30)
@given(rows, st.randoms(use_true_random=False))
def test_a_resample_is_the_rows_themselves(rows, random):
    y = np.array([float(a) for a, _ in rows])
    s = np.array([b / 12 for _, b in rows])
    drawn = np.array([random.randrange(len(rows)) for _ in rows])
    again, direct = AveragePrecision(y, s)(drawn), average_precision(y[drawn], s[drawn])
    assert again == pytest.approx(direct, nan_ok=True)


def test_nothing_known_is_the_share_of_positives():
    assert average_precision([1.0] * 3 + [0.0] * 7, [0.5] * 10) == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("labels", "scores", "why"),
    [
        ([], [], "nothing to count"),
        ([1.0], [nan], "nothing was scored"),
        ([1.0] * 5, [0.1] * 5, "all 5 items are positive"),
        ([0.0] * 5, [0.1] * 5, "all 5 items are negative"),
        ([1.0] * 4 + [0.0] * 20, list(range(24)), "only 4 of one class"),
    ],
)
def test_no_interval(labels, scores, why):
    found = auprc(labels, scores)
    assert why in found.why
    assert isnan(found.low)
    assert isnan(found.value) == ("only" not in why)
    pair = paired_auprc(labels, scores, scores)
    assert isnan(pair.interval.low)


def test_all_positives_first():
    found = auprc([1.0] * 10 + [0.0] * 30, [*np.linspace(0.6, 0.9, 10), *np.linspace(0, 0.5, 30)])
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.6 < found.low < 0.8


def test_few_of_a_class_are_said():
    found = auprc([1.0] * 7 + [0.0] * 20, [*np.linspace(0.3, 0.9, 7), *np.linspace(0, 0.5, 20)])
    assert "only 7" in found.why
    assert found.low < found.value


def test_pairs_mirror_and_equal_ones_do_not_differ():
    rng = np.random.default_rng(1)
    y = (rng.random(120) < 0.4).astype(float)
    one, two = y * 0.3 + rng.random(120), y * 0.9 + rng.random(120)
    there, back = paired_auprc(y, one, two).interval, paired_auprc(y, two, one).interval
    assert there.value > 0
    assert there.low < there.value < there.high
    assert (back.value, back.p) == (-there.value, there.p)
    assert back.low == pytest.approx(-there.high, abs=1e-9)
    same = paired_auprc(y, one, one).interval
    assert (same.value, same.p) == (0.0, 1.0)
    assert same.why


def test_weights_and_rows_say_the_same():
    """What is left out, what is drawn: as if the statistic were asked with rows."""
    rng = np.random.default_rng(2)
    y = (rng.random(60) < 0.3).astype(float)
    statistic = AveragePrecision(y, y + rng.normal(size=60))
    one = bootstrap(statistic, 60, draws=200)
    other = bootstrap(lambda rows: statistic(rows), 60, draws=200)  # noqa: PLW0108
    assert one.value == pytest.approx(other.value, rel=1e-14)
    assert one.draws == pytest.approx(other.draws)
    assert one.acceleration == pytest.approx(other.acceleration)
    assert one.acceleration != 0


@pytest.mark.parametrize("n", [1, 2, 30, 400, 6000])
def test_many_draws_at_once_say_the_same(n):
    rng = np.random.default_rng(n)
    p = rng.random(n).round(2)  # with ties
    y = (rng.random(n) < p).astype(int)
    counts = rng.multinomial(n, np.full(n, 1 / n), size=10)
    for statistic in (AveragePrecision(y, p), CalibrationError(p, y)):
        one_by_one = [statistic.of(row) for row in counts]
        assert statistic.of_many(counts) == pytest.approx(one_by_one, rel=1e-12, nan_ok=True)
