# SPDX-License-Identifier: Apache-2.0
"""Golden numbers of pROC (xrobin/pROC, tests/testthat/test-roc.test.R and test-ci.auc.R)."""

from __future__ import annotations

import csv
from math import isnan, nan, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.auroc import auroc, curve, logit_ends, macro
from evalkit.statistics.paired import paired_auroc

Z = 1.959963984540054


@pytest.fixture(scope="module")
def asah(shared):
    with (shared / "eval-fixtures" / "asah.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {k: [float(r[k]) for r in rows] for k in ("wfns", "s100b", "ndka")}
    return [float(r["outcome"] == "Poor") for r in rows], columns


def test_areas(asah):
    labels, columns = asah
    wanted = {"wfns": 0.8236788618, "s100b": 0.7313685637, "ndka": 0.6119579946}
    for name, area in wanted.items():
        assert auroc(labels, columns[name]).value == pytest.approx(area, abs=5e-11)


def test_delong_variance(asah):
    labels, columns = asah
    found = curve(labels, columns["ndka"])
    half = Z * sqrt(found.variance)
    ends = (found.area - half, found.area + half)
    assert ends == pytest.approx((0.501244999271703, 0.722670989888189), abs=1e-14)


@pytest.mark.parametrize(
    ("one", "two", "z", "p"),
    [
        ("wfns", "s100b", 2.20898359144091, 0.0271757822291882),
        ("wfns", "ndka", 2.79777591868904, 0.00514557970691098),
        ("ndka", "s100b", -1.39077002573558, 0.164295175223054),
    ],
)
def test_delong_test(asah, one, two, z, p):
    labels, columns = asah
    found = paired_auroc(labels, columns[two], columns[one])
    assert found.interval.p == pytest.approx(p, rel=1e-12)
    error = found.spread / sqrt(len(labels))
    assert found.interval.value / error == pytest.approx(z, rel=1e-12)


def test_delong_interval_of_the_difference(asah):
    labels, columns = asah
    found = paired_auroc(labels, columns["s100b"], columns["wfns"])
    half = Z * found.spread / sqrt(len(labels))
    ends = (found.interval.value - half, found.interval.value + half)
    assert ends == pytest.approx((0.0104061769564846, 0.174214419249478), abs=1e-14)
    assert 0 < found.interval.low < found.low90 < found.interval.value < found.high90


def test_swapping_mirrors(asah):
    labels, columns = asah
    there = paired_auroc(labels, columns["wfns"], columns["ndka"])
    back = paired_auroc(labels, columns["ndka"], columns["wfns"])
    assert back.interval.value == pytest.approx(-there.interval.value)
    assert back.interval.low == pytest.approx(-there.interval.high)
    assert back.low90 == pytest.approx(-there.high90)
    assert back.interval.p == pytest.approx(there.interval.p)


def test_equal_models(asah):
    labels, columns = asah
    found = paired_auroc(labels, columns["wfns"], columns["wfns"])
    assert (found.interval.value, found.interval.p) == (0.0, 1.0)
    assert found.interval.low < 0 < found.interval.high


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=2, max_size=60).filter(
        lambda rows: len({y for y, _ in rows}) == 2
    )
)
def test_equal_to_scikit_learn_and_free_of_scale(rows):
    from sklearn.metrics import roc_auc_score

    labels, scores = [y for y, _ in rows], [s for _, s in rows]
    found = auroc(labels, scores)
    assert found.value == pytest.approx(roc_auc_score(labels, scores))
    cubed = auroc(labels, [s**3 + 1 for s in scores])
    assert cubed.value == found.value
    negated = auroc(labels, [-s for s in scores])
    assert negated.value == pytest.approx(1 - found.value)
    if not isnan(found.low):
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_no_overlap_has_an_interval():
    found = auroc([1] * 20 + [0] * 30, [1.0] * 20 + [0.0] * 30)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 20))
    worst = auroc([0] * 20 + [1] * 30, [1.0] * 20 + [0.0] * 30)
    assert (worst.value, worst.low, worst.high) == pytest.approx((0.0, 0.0, 1 - found.low))


@pytest.mark.parametrize(
    ("labels", "scores", "why"),
    [
        ([], [], "nothing to count"),
        ([1], [0.5], "all 1 items are positive"),
        ([0, 0], [0.5, 0.1], "all 2 items are negative"),
        ([0, 1], [nan, nan], "nothing was scored"),
    ],
)
def test_undefined(labels, scores, why):
    found = auroc(labels, scores)
    assert isnan(found.value)
    assert isnan(found.low)
    assert found.why == why
    paired = paired_auroc(labels, scores, scores)
    assert isnan(paired.interval.value)
    assert isnan(paired.low90)


def test_too_few_of_a_class():
    few = auroc([1] * 4 + [0] * 40, [0.9] * 4 + [0.1] * 20 + [0.95] * 20)
    assert few.value == 0.5
    assert isnan(few.low)
    assert "only 4" in few.why
    warned = auroc([1] * 9 + [0] * 40, [0.9] * 9 + [0.1] * 20 + [0.95] * 20)
    assert not isnan(warned.low)
    assert "only 9" in warned.why
    constant = auroc([1] * 20 + [0] * 20, [0.5] * 40)
    assert (constant.value, constant.why) == (0.5, "all scores are equal: no interval")


def test_macro_of_the_same_curve_is_that_curve():
    labels = [1, 0] * 15
    scores = [(i * 7) % 11 for i in range(30)]
    one = curve(labels, scores)
    mean = macro([one, one])
    assert (mean.area, mean.variance) == pytest.approx((one.area, one.variance))
    assert logit_ends(mean, 0.95) == pytest.approx(logit_ends(one, 0.95))
