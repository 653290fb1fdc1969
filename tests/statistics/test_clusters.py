# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from math import isnan, nan, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.statistics.clusters import (
    cluster_codes,
    cluster_error,
    clustered_mean,
    clustered_share,
    design_effect,
    paired_clustered_mean,
    paired_clustered_share,
)
from evalkit.statistics.paired import paired_binary, paired_mean
from evalkit.statistics.paired_binary import mcnemar_midp, tango
from evalkit.statistics.sign_flip import sign_flip_p
from evalkit.statistics.student import t_quantile

np = pytest.importorskip("numpy")

# Ten differences in four clusters; CR3 worked out by hand, the others by statsmodels 0.14.
DIFFERENCES = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0]
GROUPS = [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]


def conversations(rng, groups, icc, share=0.7, most=6):
    """Right and wrong answers of conversations of 1 to `most` turns, and names of these."""
    sizes = rng.integers(1, most + 1, size=groups)
    a, b = share * (1 - icc) / icc, (1 - share) * (1 - icc) / icc
    chances = np.repeat(rng.beta(a, b, size=groups), sizes)
    return (rng.random(sizes.sum()) < chances).astype(float), np.repeat(np.arange(groups), sizes)


def test_the_error_of_the_reference_case():
    assert cluster_error(np.array(DIFFERENCES), np.array(GROUPS)) == pytest.approx(0.0874818, 1e-5)


def test_the_jackknife_is_near_the_sandwich_of_statsmodels():
    """CR3 lies above CR1, which lies above CR0; with many clusters they meet."""
    ols = pytest.importorskip("statsmodels.api").OLS
    rng = np.random.default_rng(3)
    for groups in (8, 400):
        x, g = conversations(rng, groups, 0.3)
        ours = cluster_error(x, g)
        fitted = ols(x, np.ones(x.size)).fit(cov_type="cluster", cov_kwds={"groups": g})
        cr1 = float(fitted.bse[0])
        assert cr1 < ours < cr1 * (1.3 if groups == 8 else 1.01)
        # The same sandwich from our own totals: what is jackknifed is what statsmodels sums.
        totals = np.bincount(g, weights=x - x.mean())
        cr0 = sqrt(float((totals**2).sum())) / x.size
        assert cr1 == pytest.approx(cr0 * sqrt(groups / (groups - 1)))


@given(st.lists(st.floats(-9, 9), min_size=2, max_size=40))
def test_clusters_of_one_are_no_clusters(values):
    x = np.array(values)
    alone = cluster_error(x, np.arange(x.size))
    assert alone == pytest.approx(float(x.std(ddof=1)) / sqrt(x.size), abs=1e-9)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=5, max_size=60))
@settings(max_examples=60)
def test_clusters_of_one_pair_give_the_tests_of_pairs(pairs):
    base, candidate = ([float(x) for x in side] for side in zip(*pairs, strict=True))
    names = list(range(len(pairs)))
    ours = paired_clustered_share(base, candidate, names)
    plain = paired_binary(base, candidate)
    assert (ours.fixed, ours.broken, ours.spread) == (plain.fixed, plain.broken, plain.spread)
    if ours.fixed + ours.broken <= 16:  # else the signs are drawn
        assert ours.interval.p == pytest.approx(mcnemar_midp(ours.fixed, ours.broken))
    t = t_quantile(0.975, len(pairs) - 1)
    ends = tango(ours.fixed, ours.broken, len(pairs), z=t)
    assert (ours.interval.low, ours.interval.high) == pytest.approx(ends, abs=1e-6)
    assert ours.design == pytest.approx(1)
    means = paired_clustered_mean(base, candidate, names)
    wanted = paired_mean(base, candidate)
    assert means.interval.p == pytest.approx(wanted.interval.p)
    assert means.interval.low == pytest.approx(wanted.interval.low, nan_ok=True)


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 9)), min_size=2, max_size=40
    )
)
@settings(max_examples=60)
def test_swapping_the_models_mirrors(rows):
    base, candidate, names = (list(side) for side in zip(*rows, strict=True))
    for compare in (paired_clustered_share, paired_clustered_mean):
        one = compare(base, candidate, names)
        other = compare(candidate, base, names)
        assert one.interval.value == -other.interval.value
        assert one.interval.low == pytest.approx(-other.interval.high, nan_ok=True, abs=1e-12)
        assert one.interval.p == pytest.approx(other.interval.p, nan_ok=True)
        assert (one.fixed, one.broken) == (other.broken, other.fixed)


def test_the_same_conversations_twice_tell_no_more():
    x, g = conversations(np.random.default_rng(5), 30, 0.3)
    once, twice = clustered_mean(x, g), clustered_mean([*x, *x], [*g, *g])
    assert twice.n == 2 * once.n
    assert (twice.low, twice.high) == pytest.approx((once.low, once.high))
    shares = clustered_share(x, g), clustered_share([*x, *x], [*g, *g])
    assert shares[1].high - shares[1].low == pytest.approx(shares[0].high - shares[0].low, rel=0.02)
    assert design_effect(np.array([*x, *x]), np.array([*g, *g])) > 1.9 * design_effect(x, g)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_all_alike_is_worth_no_more_than_the_clusters(right):
    found = clustered_share([right] * 60, [i // 6 for i in range(60)])
    assert (found.value, found.n) == (right, 60)
    width = found.high - found.low
    assert 0.25 < width < 0.45  # of 10 items; of 60 it would be 0.06
    mean = clustered_mean([right] * 60, [i // 6 for i in range(60)], bounds=(0, 1))
    assert mean.method == "wilson-clustered"
    assert mean.high - mean.low > 0.25


def test_what_is_not_scored_is_left_out_and_counted():
    found = clustered_share([1, nan, 0, 1, 1], [0, 0, 1, 1, 2])
    assert (found.n, found.left_out, found.value) == (4, 1, 0.75)
    pairs = paired_clustered_share([1, nan, 0, 1], [0, 1, nan, 1], [0, 0, 1, 1])
    assert (pairs.interval.n, pairs.interval.left_out) == (2, 2)


@pytest.mark.parametrize("values", [[], [nan], [nan, nan]])
def test_nothing_scored(values):
    names = list(range(len(values)))
    for found in (clustered_mean(values, names), clustered_share(values, names)):
        assert isnan(found.value)
        assert found.why
        assert (found.n, found.left_out) == (0, len(values))
    for compare in (paired_clustered_mean, paired_clustered_share):
        found = compare(values, values, names).interval
        assert isnan(found.value)
        assert isnan(found.p)
        assert found.why


def test_few_clusters_are_said_and_fewer_than_five_are_not_tested():
    x, y = [1.0, 0.0] * 8, [0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0] * 2
    for compare in (paired_clustered_mean, paired_clustered_share):
        four = compare(x, y, [i // 4 for i in range(16)]).interval
        assert isnan(four.p)
        assert "only 4 independent groups" in four.why
        eight = compare(x, y, [i // 2 for i in range(16)]).interval
        assert 0 < eight.p <= 1
        assert "only 8 independent groups" in eight.why
        alone = compare(x, y, ["c"] * 16).interval
        assert isnan(alone.low)
        assert alone.value == pytest.approx(0.125)
        assert "no interval" in alone.why


def test_unequal_lengths_are_a_mistake():
    with pytest.raises(ValueError, match="clusters for"):
        clustered_mean([1.0], ["a", "b"])


def test_codes_go_by_first_place():
    assert cluster_codes(["b", "a", "b", "c"]).tolist() == [0, 1, 0, 2]
    assert cluster_codes([]).tolist() == []


@given(st.integers(0, 12), st.integers(0, 12))
def test_the_mid_p_of_single_signs_is_mcnemars(b, c):
    d = np.array([1.0] * b + [-1.0] * c)
    if b + c <= 16:
        assert sign_flip_p(d, mid=True) == pytest.approx(mcnemar_midp(b, c))
    else:
        assert sign_flip_p(d, mid=True) == pytest.approx(mcnemar_midp(b, c), abs=0.02)


@pytest.mark.parametrize(
    ("groups", "of_shares", "of_means"), [(10, 0.92, 0.89), (30, 0.925, 0.91), (120, 0.93, 0.925)]
)
def test_coverage_where_answers_of_a_conversation_are_alike(groups, of_shares, of_means):
    """Nominal 95 %, ICC 0.3, 1 to 12 turns; intervals of independent rows cover about 71 %."""
    rng = np.random.default_rng(groups)
    held, naive, draws = [0, 0], 0, 1200
    for _ in range(draws):
        x, g = conversations(rng, groups, 0.3, most=12)
        for i, found in enumerate((clustered_share(x, g), clustered_mean(x, g))):
            # Unequal sizes: what is estimated is the share over turns, here 0.7 for every size.
            held[i] += not (found.low > 0.7 or found.high < 0.7)
        half = 1.96 * sqrt(x.mean() * (1 - x.mean()) / x.size)
        naive += abs(x.mean() - 0.7) <= half
    assert held[0] / draws >= of_shares
    assert held[1] / draws >= of_means
    assert naive / draws < 0.85


@pytest.mark.parametrize("groups", [12, 60])
@pytest.mark.slow
def test_coverage_and_size_of_paired_clusters(groups):
    """Two models alike on the whole, but each better in conversations of its own."""
    rng = np.random.default_rng(groups)
    draws, held, false_alarms = 500, [0, 0], [0, 0]
    for _ in range(draws):
        sizes = rng.integers(1, 7, size=groups)
        lean = np.repeat(rng.normal(0, 0.15, size=groups), sizes)
        g = np.repeat(np.arange(groups), sizes)
        x = (rng.random(g.size) < np.clip(0.7 - lean, 0, 1)).astype(float)
        y = (rng.random(g.size) < np.clip(0.7 + lean, 0, 1)).astype(float)
        for i, compare in enumerate((paired_clustered_share, paired_clustered_mean)):
            found = compare(x, y, g).interval
            held[i] += not (found.low > 0 or found.high < 0)
            false_alarms[i] += found.p < 0.05
    assert min(held) / draws >= 0.92
    assert max(false_alarms) / draws <= 0.075
