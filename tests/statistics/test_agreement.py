# SPDX-License-Identifier: Apache-2.0
import csv
from itertools import combinations
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.statistics.agreement import cohen_kappa, krippendorff_alpha, observed_agreement
from evalkit.statistics.normal import two_sided_z

words = st.sampled_from(["win", "tie", "loss"])
rated = st.lists(st.tuples(words, words), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def annotators(shared):
    """Three people on 999 pairs of answers (PandaLM's test set, Apache-2.0)."""
    with (shared / "eval-fixtures/pandalm_testset_labels.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return [[row[f"annotator{k}"] for row in rows] for k in (1, 2, 3)]


def test_kappas_of_pandalm_s_annotators(annotators):
    found = [cohen_kappa(a, b).value for a, b in combinations(annotators, 2)]
    assert found == pytest.approx([0.852023, 0.878944, 0.861661], abs=5e-7)


def test_alpha_of_pandalm_s_annotators(annotators):
    found = krippendorff_alpha(list(zip(*annotators, strict=True)))
    assert found.value == pytest.approx(0.864221, abs=5e-7)
    assert 0.83 < found.low < found.value < found.high < 0.9


@pytest.mark.parametrize("weights", ["none", "linear", "quadratic"])
def test_kappa_and_its_error_are_those_of_statsmodels(annotators, weights):
    from statsmodels.stats.inter_rater import cohens_kappa

    first, second = annotators[0], annotators[1]
    table = [
        [sum((a, b) == (r, c) for a, b in zip(first, second, strict=True)) for c in "012"]
        for r in "012"
    ]
    theirs = cohens_kappa(table, wt=None if weights == "none" else weights)
    ours = cohen_kappa(first, second, order="012", weights=weights)
    assert ours.value == pytest.approx(theirs.kappa, abs=1e-12)
    # At n = 999 Wilson's width on the scale of kappa is that of their standard error.
    half = two_sided_z(0.95) * theirs.std_kappa
    assert (ours.high - ours.low) / 2 == pytest.approx(half, rel=0.03)


def test_what_krippendorff_works_out_by_hand():
    # Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: four observers,
    # nominal, alpha = .743.
    rows = (
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    )
    found = krippendorff_alpha(list(zip(*rows, strict=True)))
    assert found.value == pytest.approx(0.743, abs=5e-4)
    assert (found.n, found.left_out) == (11, 1)


def test_agreement_of_all_has_an_interval_of_positive_width():
    kappa = cohen_kappa(["a", "b"] * 10, ["a", "b"] * 10)
    assert (kappa.value, kappa.high) == (1.0, 1.0)
    assert 0.6 < kappa.low < 0.7  # ± z·SE would say 1 … 1
    assert krippendorff_alpha([["a", "a"], ["b", "b"]] * 10).low < 0.7


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ([], [], "no item was rated by both"),
        ([None, "a"], ["a", None], "no item was rated by both"),
        (["a"] * 9, ["a"] * 9, "one verdict to everything"),
    ],
)
def test_what_is_not_defined_says_why(first, second, why):
    found = cohen_kappa(first, second)
    assert isnan(found.value)
    assert isnan(found.low)
    assert why in found.why


def test_alpha_of_nothing_and_of_one_verdict():
    assert "rated by two" in krippendorff_alpha([["a", None], []]).why
    assert "one verdict" in krippendorff_alpha([["a", "a"]] * 5).why


def test_unrated_items_are_left_out_and_counted():
    found = observed_agreement(["a", None, "b", "b"], ["a", "a", "a", None])
    assert (found.value, found.n, found.left_out) == (0.5, 2, 2)


def test_ratings_of_different_length_are_a_fault():
    with pytest.raises(ValueError, match="2 ratings against 1"):
        cohen_kappa(["a", "b"], ["a"])


@given(rated)
def test_kappa_is_symmetric_and_inside_its_interval(pairs):
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    found, mirrored = cohen_kappa(first, second), cohen_kappa(second, first)
    if isnan(found.value):
        assert isnan(mirrored.value)
        return
    assert found.value == pytest.approx(mirrored.value, abs=1e-12)
    assert found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12
    assert found.high - found.low > 0
    assert found.high <= 1 + 1e-12


@given(rated, st.permutations(["win", "tie", "loss"]))
def test_names_of_verdicts_do_not_matter(pairs, order):
    names = dict(zip(["win", "tie", "loss"], order, strict=True))
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    renamed = cohen_kappa([names[a] for a in first], [names[b] for b in second])
    assert renamed.value == pytest.approx(cohen_kappa(first, second).value, abs=1e-12, nan_ok=True)


@given(rated)
def test_alpha_of_two_raters_is_near_kappa_s_and_order_does_not_matter(pairs):
    found = krippendorff_alpha(pairs)
    turned = krippendorff_alpha([(b, a) for a, b in pairs])
    assert found.value == pytest.approx(turned.value, abs=1e-12, nan_ok=True)
    assert isnan(found.value) or found.value <= 1


@pytest.mark.parametrize("kappa", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.4, 0.2, 0.4)])
def test_the_interval_covers_what_it_says_on_small_sheets(shares, kappa):
    """30 rows, 1,000 sheets a cell, seeded: at least 92 %, where κ ± z·SE falls to 64 %."""
    import numpy as np

    chance = np.outer(shares, shares)
    cells = (1 - kappa) * chance + kappa * np.diag(shares)
    draws = np.random.default_rng(7).multinomial(30, cells.ravel(), size=1000)
    k = len(shares)
    tables = [tuple(table) for table in draws]
    covered: dict[tuple[int, ...], bool] = {}
    for table in set(tables):
        both = [(i // k, i % k) for i, times in enumerate(table) for _ in range(times)]
        found = cohen_kappa([a for a, _ in both], [b for _, b in both])
        covered[table] = bool(found.low - 1e-9 <= kappa <= found.high + 1e-9)
    assert sum(covered[table] for table in tables) >= 920


@pytest.mark.parametrize(
    ("table", "value", "low", "high"),
    [
        ((20, 5, 10, 15), 0.4, 0.125, 0.618),
        ((42, 3, 3, 2), 1 / 3, -0.322, 0.688),  # nine in ten say yes: chance agrees a lot
    ],
)
def test_intervals_of_two_tables(table, value, low, high):
    cells = [("y", "y"), ("y", "n"), ("n", "y"), ("n", "n")]
    both = [cell for cell, times in zip(cells, table, strict=True) for _ in range(times)]
    found = cohen_kappa([a for a, _ in both], [b for _, b in both])
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=5e-4)
