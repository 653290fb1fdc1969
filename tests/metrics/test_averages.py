# SPDX-License-Identifier: Apache-2.0
"""Averages over labels and agreement beyond chance, against scikit-learn."""

from __future__ import annotations

from math import isnan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.registry import find
from evalkit.metrics._compare import compare
from evalkit.statistics.proportion import wilson

AVERAGES = (
    "macro_f1", "weighted_f1", "micro_f1", "macro_precision", "macro_recall", "balanced_accuracy",
)  # fmt: skip
BEYOND_CHANCE = ("kappa", "mcc")
ALL = (*AVERAGES, *BEYOND_CHANCE)

ANSWERS = st.sampled_from(["a", "b", "c", "d", "(other)", None])
PAIRS = st.lists(st.tuples(st.sampled_from("abc"), ANSWERS), min_size=1, max_size=40)


def point(name, samples, **options):
    """The value without the draws of its interval."""
    return find("metrics", name).prepare(samples, **options)(range(len(samples)))


@settings(max_examples=15)
@given(PAIRS)
def test_equal_to_scikit_learn(labelled, pairs):
    from sklearn import metrics

    samples, present = labelled(pairs), sorted({e for e, _ in pairs})
    wanted, answers = [e for e, _ in pairs], [a or "(other)" for _, a in pairs]
    # Labels that nobody expects are one class with every other answer.
    folded = [a if a in present else "(other)" for a in answers]
    kept = {"labels": present, "zero_division": 0}
    theirs = {
        f"{average}_{name}": getattr(metrics, f"{name}_score")(
            wanted, answers, average=average, **kept
        )
        for average in ("macro", "weighted", "micro")
        for name in ("precision", "recall", "f1")
    } | {"balanced_accuracy": metrics.recall_score(wanted, answers, average="macro", **kept)}
    for name in AVERAGES:
        assert point(name, samples) == pytest.approx(theirs[name], abs=1e-12), name
    if len({*wanted, *folded}) > 1:
        kappa = metrics.cohen_kappa_score(wanted, folded)
        assert point("kappa", samples) == pytest.approx(kappa, abs=1e-12, nan_ok=True)
    correlation = point("mcc", samples)
    if not isnan(correlation):  # theirs is 0 where it is not defined
        assert correlation == pytest.approx(metrics.matthews_corrcoef(wanted, folded), abs=1e-12)
    else:
        assert len(set(wanted)) == 1 or len(set(folded)) == 1


@settings(max_examples=15)
@given(PAIRS)
def test_a_label_of_the_set_that_nobody_expects_is_a_class_of_its_own(labelled, pairs):
    from sklearn import metrics

    wanted, answers = [e for e, _ in pairs], [a or "(other)" for _, a in pairs]
    found = point("mcc", labelled(pairs), labels=("a", "b", "c", "d"))
    if not isnan(found):
        assert found == pytest.approx(metrics.matthews_corrcoef(wanted, answers), abs=1e-12)


def rows(labelled, n, right=0.8, labels="abc"):
    pairs = []
    for i in range(n):
        wanted = labels[i % len(labels)]
        wrong = labels[(i + 1) % len(labels)]
        pairs.append((wanted, wanted if i * 0.618 % 1 < right else wrong))
    return labelled(pairs)


@pytest.mark.parametrize("name", ALL)
def test_an_interval_that_holds_the_value_and_narrows(labelled, name):
    small = find("metrics", name)(rows(labelled, 60))
    large = find("metrics", name)(rows(labelled, 600))
    for found in (small, large):
        assert found.low < found.value < found.high
        assert found.method == "bca-bootstrap"
    assert large.high - large.low < 0.5 * (small.high - small.low)


@pytest.mark.parametrize("name", ALL)
def test_all_right_has_a_width(labelled, name):
    found = find("metrics", name)(rows(labelled, 60, right=1.1))
    assert (found.value, found.high) == (1.0, 1.0)
    assert 0.5 < found.low < 0.96
    assert found.method == "wilson"
    assert "all answers" in found.why
    share = wilson(60, 60).low
    if name in BEYOND_CHANCE:  # chance is 1/3
        assert found.low == pytest.approx((share - 1 / 3) / (2 / 3))
    elif name in ("weighted_f1", "micro_f1"):
        assert found.low == share
    else:
        assert found.low == wilson(20, 20).low


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(("each", "interval", "warned"), [(4, False, True), (9, True, True),
                                                          (10, True, False)])  # fmt: skip
def test_a_class_with_few_samples(labelled, name, each, interval, warned):
    """Under 10 of a class a warning, under 5 no interval; of the difference alike.

    Averages that weigh labels by their rows hang on no single one.
    """
    if name in ("weighted_f1", "micro_f1"):
        interval, warned = True, False
    many = [("a", "a")] * 30 + [("a", "b")] * 6
    few = [("b", "b")] * (each - 2) + [("b", "a")] * 2
    of = find("metrics", name)
    alone = of(labelled(many + few))
    better = [("a", "a")] * 33 + [("a", "b")] * 3 + few
    pair = compare(of, labelled(many + few), labelled(better)).interval
    for found in (alone, pair):
        assert isnan(found.low) is not interval, found
        assert ("of one class" in found.why) is warned, found
    assert isnan(pair.p) is not interval


@pytest.mark.parametrize("name", ALL)
def test_a_class_that_is_absent_is_not_in_the_average(labelled, name):
    """Ten more labels in the set change nothing where nobody expects or gives them."""
    samples = rows(labelled, 60, labels="ab")
    of = find("metrics", name)
    plain = of(samples)
    if "labels" in of.accepts:
        assert of(samples, labels=tuple("abcdefghij")).value == pytest.approx(plain.value)
    assert plain.n == 60


@pytest.mark.parametrize("name", ALL)
def test_nothing_to_say_is_nan_and_says_why(labelled, name):
    of = find("metrics", name)
    for samples in ([], labelled([("a", "!")] * 7)):
        found = of(samples)
        assert isnan(found.value)
        assert isnan(found.low)
        assert found.why in ("nothing to count", "nothing was scored")
        assert found.left_out == len(samples)
    assert of(labelled([("a", "a"), ("b", "a"), ("a", "!")])).left_out == 1


@pytest.mark.parametrize("name", AVERAGES)
def test_all_empty_answers_are_all_wrong(labelled, name):
    found = find("metrics", name)(labelled([("a", None), ("b", None)] * 20))
    assert (found.value, found.low) == (0.0, 0.0)
    assert 0 < found.high < 0.2


@pytest.mark.parametrize("name", BEYOND_CHANCE)
def test_one_label_only_is_not_defined(labelled, name):
    found = find("metrics", name)(labelled([("a", "a")] * 20))
    assert isnan(found.value)
    assert "one label only" in found.why
    empty = find("metrics", name)(labelled([("a", None), ("b", None)] * 20))
    assert empty.value == 0 or isnan(empty.value)


def test_a_label_that_is_never_given_is_named(labelled):
    found = find("metrics", "macro_precision")(labelled([("a", "a"), ("b", "a")] * 20))
    assert found.value == 0.25
    assert "never given, counted as 0: b" in found.why


def test_answers_outside_the_set_are_wrong_and_nobodys_false_alarm(labelled):
    samples = labelled([("a", "a")] * 10 + [("a", "feedback")] * 2 + [("b", "b")] * 12)
    assert find("metrics", "precision")(samples, label="a").value == 1.0
    assert find("metrics", "recall")(samples, label="a").value == pytest.approx(10 / 12)
    assert point("micro_f1", samples) == pytest.approx(2 * 22 / (24 + 22))
    assert point("macro_precision", samples) == 1.0


@pytest.mark.parametrize("name", ALL)
def test_swapping_two_models_turns_the_difference_around(labelled, name):
    of = find("metrics", name)
    base, tuned = rows(labelled, 90, 0.6), rows(labelled, 90, 0.85)
    there, back = compare(of, base, tuned), compare(of, tuned, base)
    assert there.interval.value == pytest.approx(of.value(tuned) - of.value(base))
    assert there.interval.low > 0
    assert there.interval.p == back.interval.p < 0.05
    assert there.interval.low == pytest.approx(-back.interval.high)
    same = compare(of, base, base).interval
    assert (same.value, same.p) == (0.0, 1.0)


@pytest.mark.parametrize("name", BEYOND_CHANCE)
def test_a_rare_label_of_many_spoils_no_agreement_beyond_chance(labelled, name):
    pairs = [("abc"[i % 3], "abc"[(i + (i % 7 == 0)) % 3]) for i in range(90)] + [("d", "d")] * 2
    found = find("metrics", name)(labelled(pairs))
    assert found.low < found.value < found.high
    assert not found.why
    assert isnan(find("metrics", "macro_f1")(labelled(pairs)).low)


@pytest.mark.parametrize("name", ["precision", "f1"])
def test_one_label_with_few_rows(labelled, name):
    """Wilson's interval of one model keeps its promise; the resampled difference does not."""
    of = find("metrics", name)
    few = [("b", "b")] * 2 + [("b", "a")] * 2
    base, tuned = (labelled([("a", "a")] * n + [("a", "b")] * (40 - n) + few) for n in (30, 37))
    assert of(base, label="b").low < of(base, label="b").value
    found = compare(of, base, tuned, label="b").interval
    assert isnan(found.low)
    assert isnan(found.p)
    assert found.why.startswith("only 4 of one class")
