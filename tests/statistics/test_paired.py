# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import gzip
import json
from itertools import product
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.paired import paired_binary, paired_mean, paired_resample
from evalkit.statistics.paired_binary import mcnemar_midp, tango
from evalkit.statistics.resample import Counts, bootstrap
from evalkit.statistics.sign_flip import sign_flip_p

np = pytest.importorskip("numpy")

scores = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=2, max_size=60)


def from_cell(b, c, n):
    base = [0.0] * b + [1.0] * c + [1.0] * (n - b - c)
    return base, [1.0] * b + [0.0] * c + [1.0] * (n - b - c)


@pytest.mark.parametrize(("b", "c"), [(4, 0), (15, 6), (46, 29), (0, 0)])
def test_named_cells(b, c):
    found = paired_binary(*from_cell(b, c, 100))
    assert (found.fixed, found.broken, found.interval.n) == (b, c, 100)
    assert (found.interval.low, found.interval.high) == tango(b, c, 100)
    assert (found.low90, found.high90) == tango(b, c, 100, confidence=0.9)
    assert found.interval.p == mcnemar_midp(b, c)
    assert found.spread == (b + c) / 100


def test_unscored_pairs_are_left_out_and_counted():
    found = paired_binary([0, nan, 1, 1], [1, 1, nan, 1])
    assert (found.interval.n, found.interval.left_out) == (2, 2)
    assert (found.fixed, found.broken) == (1, 0)


def test_scores_between_are_compared_as_means():
    base, candidate = [0.0, 0.5, 1.0, 0.25], [1.0, 0.5, 0.5, 1.0]
    found = paired_binary(base, candidate)
    assert found.interval.value == paired_mean(base, candidate).interval.value
    assert "compared as means" in found.interval.why
    assert found.fixed is None


@pytest.mark.parametrize("compare", [paired_binary, paired_mean])
@pytest.mark.parametrize(
    ("base", "candidate"), [([], []), ([nan], [1.0]), ([nan, nan], [nan, nan])]
)
def test_no_pairs(compare, base, candidate):
    found = compare(base, candidate)
    assert isnan(found.interval.value)
    assert isnan(found.interval.p)
    assert isnan(found.low90)
    assert (found.interval.n, found.interval.left_out) == (0, len(base))
    assert found.interval.why


def test_unequal_lengths_are_a_mistake():
    with pytest.raises(ValueError, match="equal lengths"):
        paired_mean([1.0], [1.0, 2.0])


def test_alpaca_eval_pairs(shared):
    """Published preferences; t interval to 1e-12, sign-flip p near that of t."""
    folder = shared / "eval-fixtures"
    with gzip.open(folder / "alpaca_eval2_preferences.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for golden in json.loads((folder / "alpaca_eval2_paired_golden.json").read_text()):
        a, b = ([float(r[golden[k]]) for r in rows] for k in ("a", "b"))
        found = paired_mean(a, b)
        assert found.interval.value == pytest.approx(golden["diff"], abs=1e-12)
        assert (found.interval.low, found.interval.high) == pytest.approx(golden["ci"], abs=1e-12)
        assert found.spread / 805**0.5 == pytest.approx(golden["se_paired"], abs=1e-12)
        assert found.interval.p == pytest.approx(golden["p_t"], rel=0.1, abs=2e-4)


@pytest.mark.parametrize("size", [1, 2, 20])
def test_equal_models_of_means(size):
    found = paired_mean([0.5] * size, [0.5] * size)
    assert (found.interval.value, found.interval.p) == (0.0, 1.0)
    assert isnan(found.interval.low)
    assert found.interval.why


def test_all_differences_equal():
    found = paired_mean([0.1, 0.2, 0.3, 0.7], [0.2, 0.3, 0.4, 0.8])
    assert found.interval.value == pytest.approx(0.1)
    assert found.interval.why == "all differences equal: no interval"
    assert isnan(found.interval.high)
    assert isnan(found.low90)
    assert found.interval.p == 2 / 2**4


@settings(deadline=None)
@given(scores)
def test_swapping_mirrors(pairs):
    base, candidate = [a / 8 for a, _ in pairs], [b / 8 for _, b in pairs]
    there, back = paired_mean(base, candidate), paired_mean(candidate, base)
    assert back.interval.value == -there.interval.value
    assert back.interval.p == there.interval.p
    if not isnan(there.interval.low):
        assert back.interval.low == pytest.approx(-there.interval.high, abs=1e-12)
        assert there.interval.low < there.low90 < there.high90 < there.interval.high


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=9))
def test_sign_flips_are_enumerated(differences):
    d = np.array(differences, dtype=float)
    sums = [
        abs(sum(s * x for s, x in zip(signs, d, strict=True)))
        for signs in product((1, -1), repeat=len(d))
    ]
    wanted = sum(s >= abs(d.sum()) - 1e-9 for s in sums) / len(sums)
    assert sign_flip_p(d) == pytest.approx(wanted)


def test_drawn_sign_flips_agree_with_the_exact_test():
    """All differences ±1: the sign-flip test is the exact sign test, here b = 70, c = 50."""
    from scipy.stats import binom

    d = np.array([1.0] * 70 + [-1.0] * 50)
    exact = 2 * binom.cdf(50, 120, 0.5)
    assert sign_flip_p(d) == pytest.approx(exact, abs=4 * (exact / 20_000) ** 0.5)
    assert sign_flip_p(d) == sign_flip_p(-d)
    assert sign_flip_p(d, seed=1) != sign_flip_p(d, seed=2)
    assert sign_flip_p(d, seed=0) == 0.08249587520623969  # the same on every machine


def test_many_pairs_go_by_t():
    from scipy import stats

    base, candidate = (np.random.default_rng(s).normal(s / 40, 1, 6000) for s in (0, 1))
    found = paired_mean(base, candidate)
    wanted = stats.ttest_rel(candidate, base)
    assert found.interval.p == pytest.approx(wanted.pvalue)
    ends = wanted.confidence_interval()
    assert (found.interval.low, found.interval.high) == pytest.approx((ends.low, ends.high))
    assert found.interval.method == "t"


def share(codes):
    return Counts(np.array(codes), 2, lambda counts: counts[:, 1] / counts.sum(axis=1))


def test_resampled_share_agrees_with_tango():
    base, candidate = from_cell(30, 12, 200)
    found = paired_resample(share(np.array(base, int)), share(np.array(candidate, int)), 200)
    assert found.interval.value == pytest.approx(0.09)
    assert (found.interval.low, found.interval.high) == pytest.approx(tango(30, 12, 200), abs=0.01)
    assert found.interval.p == pytest.approx(mcnemar_midp(30, 12), abs=0.01)
    assert found.spread == pytest.approx(((42 / 200) - 0.09**2) ** 0.5, rel=0.05)
    assert found.interval.method == "bca-bootstrap"


def test_resampling_by_counts_and_by_rows_agree():
    base, candidate = (np.array(x, int) for x in from_cell(30, 12, 200))
    fast = paired_resample(share(base), share(candidate), 200)
    slow = paired_resample(lambda i: base[i].mean(), lambda i: candidate[i].mean(), 200)
    assert slow.interval.value == pytest.approx(fast.interval.value)
    assert slow.interval.low == pytest.approx(fast.interval.low, abs=0.015)
    assert slow.interval.high == pytest.approx(fast.interval.high, abs=0.015)


def test_resampling_is_seeded_and_mirrors():
    base, candidate = (share(np.array(x, int)) for x in from_cell(9, 4, 60))
    there = paired_resample(base, candidate, 60, seed=3)
    assert there == paired_resample(base, candidate, 60, seed=3)
    assert there != paired_resample(base, candidate, 60, seed=4)
    back = paired_resample(candidate, base, 60, seed=3)
    assert back.interval.value == -there.interval.value
    assert back.interval.p == there.interval.p
    assert back.interval.low == pytest.approx(-there.interval.high)
    assert back.high90 == pytest.approx(-there.low90)


def test_the_bootstrap_error_is_not_divided_twice():
    """lighteval divides by √draws once more: 31 times too narrow."""
    codes = np.array([1] * 120 + [0] * 80)
    found = bootstrap(share(codes), 200)
    assert found.draws.std() == pytest.approx((0.6 * 0.4 / 200) ** 0.5, rel=0.05)


def test_bca_agrees_with_scipy():
    from scipy import stats

    x = np.random.default_rng(5).exponential(1, 80)
    found = bootstrap(lambda i: float(x[i].mean()), 80, draws=4000)
    wanted = stats.bootstrap((x,), np.mean, n_resamples=4000, method="BCa", rng=1)
    ends = wanted.confidence_interval
    assert found.ends(0.95) == pytest.approx((ends.low, ends.high), abs=0.03)


def test_resamples_that_say_nothing():
    same = share(np.array([1, 0, 1, 1]))
    found = paired_resample(same, same, 4)
    assert (found.interval.value, found.interval.p) == (0.0, 1.0)
    assert isnan(found.interval.low)
    assert found.interval.why
    nothing = paired_resample(same, same, 0)
    assert isnan(nothing.interval.value)
    undefined = Counts(np.array([0, 0]), 1, lambda counts: np.full(len(counts), nan))
    assert isnan(paired_resample(undefined, undefined, 2).interval.p)
    rare = Counts(
        np.array([0] * 9 + [1]), 2, lambda counts: np.where(counts[:, 1] > 0, counts[:, 0], nan)
    )
    lost = bootstrap(rare, 10)
    assert isnan(lost.ends(0.95)[0])
    assert "too few rows" in lost.why


def test_how_many_improved_and_how_large_the_effect_is():
    found = paired_mean([0.1, 0.5, 0.5, 0.9], [0.4, 0.5, 0.7, 0.8])
    assert (found.improved, found.worsened) == (2, 1)
    assert found.effect == pytest.approx(0.1 / np.std([0.3, 0.0, 0.2, -0.1], ddof=1))
    assert isnan(paired_binary([1.0, 0.0], [1.0, 1.0]).effect)
    assert isnan(paired_mean([0.5, 0.5], [0.5, 0.5]).effect)


def test_many_rows_get_fewer_draws_and_say_so():
    codes = np.arange(50_000) % 2

    def mean_code(rows):
        return float(codes[rows].mean())

    found = bootstrap(mean_code, 50_000)
    assert found.method == "percentile-bootstrap (500 draws)"
    assert len(found.draws) == 500
    assert found.draws.std() == pytest.approx(codes.std() / 50_000**0.5, rel=0.12)
    assert bootstrap(share(codes), 50_000).method == "bca-bootstrap"  # of counts: 2,000
