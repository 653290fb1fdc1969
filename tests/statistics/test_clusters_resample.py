# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan

import pytest

from evalkit.statistics.auroc import curve
from evalkit.statistics.clusters_resample import (
    Grouped,
    clustered_bootstrap,
    clustered_curve,
    paired_clustered_resample,
)
from evalkit.statistics.resample import Counts, bootstrap

np = pytest.importorskip("numpy")


def share(codes):
    """The share of rows of kind 1, as counts and as a function of rows."""
    codes = np.asarray(codes)
    return Counts(codes, 2, lambda counts: counts[:, 1] / counts.sum(axis=1))


def test_both_ways_of_counting_agree():
    rng = np.random.default_rng(1)
    x, g = rng.integers(0, 2, 90), np.repeat(np.arange(30), 3)
    counted = clustered_bootstrap([Grouped(share(x), g)], 30)
    plain = clustered_bootstrap([Grouped(lambda rows: float(x[rows].mean()), g)], 30)
    assert counted.value == pytest.approx(plain.value)
    assert counted.ends(0.95) == pytest.approx(plain.ends(0.95), abs=0.02)
    assert counted.acceleration == pytest.approx(plain.acceleration)


def test_clusters_of_one_row_are_rows():
    x = np.random.default_rng(2).integers(0, 2, 200)
    ours = clustered_bootstrap([Grouped(share(x), np.arange(200))], 200)
    assert ours.ends(0.95) == pytest.approx(bootstrap(share(x), 200).ends(0.95), abs=0.02)


@pytest.mark.parametrize("counted", [True, False])
def test_copies_of_rows_tell_nothing_new(counted):
    """Five repeats that all agree: the interval is that of one; drawn row by row it shrinks."""
    x = np.random.default_rng(3).integers(0, 2, 100)
    five, names = np.tile(x, 5), np.tile(np.arange(100), 5)

    def of(values):
        return share(values) if counted else (lambda rows: float(values[rows].mean()))

    once = clustered_bootstrap([Grouped(of(x), np.arange(100))], 100).ends(0.95)
    again = clustered_bootstrap([Grouped(of(five), names)], 100).ends(0.95)
    assert again == pytest.approx(once, abs=0.005)
    low, high = bootstrap(share(five), 500).ends(0.95)
    assert high - low < 0.6 * (once[1] - once[0])


def test_two_models_with_answers_missing_here_and_there():
    """Rows of the two need not be as many: clusters are what they share."""
    rng = np.random.default_rng(4)
    g = np.repeat(np.arange(40), 5)
    base, more = rng.integers(0, 2, 200), np.ones(120, dtype=int)
    one, two = Grouped(share(base), g), Grouped(share(more), np.repeat(np.arange(40), 3))
    found = paired_clustered_resample(one, two, 40, n=200)
    assert found.interval.value == pytest.approx(1 - base.mean())
    assert found.interval.low > 0
    assert found.interval.p < 0.01
    assert found.interval.n == 200
    swapped = paired_clustered_resample(two, one, 40, n=200).interval
    ends = (-swapped.high, -swapped.low)
    assert (found.interval.low, found.interval.high) == pytest.approx(ends, abs=1e-9)


def test_no_clusters():
    found = paired_clustered_resample(
        Grouped(share([]), np.zeros(0, dtype=int)),
        Grouped(share([]), np.zeros(0, dtype=int)),
        0,
        n=0,
    )
    assert isnan(found.interval.value)
    assert isnan(found.interval.p)


def test_an_area_over_copies_has_the_error_of_one():
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 80)
    scores = labels + rng.normal(0, 1.2, 80)
    once = curve(labels, scores)
    five = curve(np.tile(labels, 5), np.tile(scores, 5))
    names = np.tile(np.arange(80), 5)
    grouped = clustered_curve(five, names, 80)
    assert grouped.area == pytest.approx(once.area)
    assert grouped.variance == pytest.approx(once.variance, rel=0.05)
    assert five.variance < once.variance / 4
    assert grouped.least == once.least
    same = clustered_curve(once, np.arange(80), 80)
    assert same.variance == pytest.approx(once.variance)
    assert same.least == once.least
