# SPDX-License-Identifier: Apache-2.0
"""A threshold chosen on one set and applied to another."""

from __future__ import annotations

from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.core.registry import find
from evalkit.metrics._compare import compare
from evalkit.metrics._threshold import CRITERIA, POSITIVE, REST, at_threshold, best_threshold


def scored(labelled, rows):
    """Samples of (is spam, probability of spam)."""
    return labelled(
        [("spam" if spam else "ham", "spam" if p >= 0.5 else "ham") for spam, p in rows],
        [{"spam": p, "ham": 1 - p} for _, p in rows],
    )


def worth(samples, threshold, criterion):
    read = at_threshold(samples, "spam", threshold)
    pairs = [(s.expected == POSITIVE, s.score.answer == POSITIVE) for s in read]
    hits, alarms, misses, rest = (
        sum(pair == kind for pair in pairs)
        for kind in ((True, True), (False, True), (True, False), (False, False))
    )
    if criterion == "f1":
        return 2 * hits / (2 * hits + alarms + misses)
    if criterion == "accuracy":
        return (hits + rest) / len(pairs)
    return (hits / (hits + misses) + rest / (rest + alarms)) / 2


@pytest.mark.parametrize("criterion", CRITERIA)
@settings(max_examples=20)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=2, max_size=25))
def test_no_other_threshold_is_better(labelled, criterion, rows):
    samples = scored(labelled, [(spam, n / 20) for spam, n in rows])
    found = best_threshold(samples, "spam", criterion)
    if len({spam for spam, _ in rows}) < 2:
        assert isnan(found)
        return
    assert 0 <= found <= 1
    best = worth(samples, found, criterion)
    for n in range(41):
        assert best >= worth(samples, n / 40, criterion) - 1e-12


def test_halfway_between_the_classes_and_near_the_middle(labelled):
    apart = [(False, 0.1), (False, 0.2), (True, 0.6), (True, 0.9)]
    assert best_threshold(scored(labelled, apart), "spam", "f1") == pytest.approx(0.4)
    # Nothing tells the classes apart: of the equally good cuts the one nearest one half.
    same = [(False, 0.3), (True, 0.3)]
    assert best_threshold(scored(labelled, same), "spam", "accuracy") == 0.0
    certain = [(False, 1.0), (True, 1.0), (False, 1.0)]
    assert best_threshold(scored(labelled, certain), "spam", "accuracy") == 0.0


def test_rows_without_probabilities_do_not_choose(labelled):
    rows = scored(labelled, [(False, 0.1), (True, 0.9)])
    assert best_threshold([*rows, *labelled([("spam", "ham")] * 9)], "spam", "f1") == 0.5
    assert isnan(best_threshold(labelled([("spam", "ham"), ("ham", "ham")]), "spam", "f1"))


def test_metrics_at_the_threshold(labelled):
    rows = scored(labelled, [(True, 0.9), (True, 0.4), (True, 0.2), (False, 0.35), (False, 0.1)])
    read = at_threshold(rows, "spam", 0.3)
    assert [s.score.answer for s in read] == [POSITIVE, POSITIVE, REST, POSITIVE, REST]
    for name, value, n in (("accuracy", 3 / 5, 5), ("precision", 2 / 3, 3), ("recall", 2 / 3, 3),
                           ("f1", 2 / 3, 4)):  # fmt: skip
        found = find("metrics", f"{name}_at_threshold")(read)
        assert (found.value, found.n) == (pytest.approx(value), n)
        assert found.low < value < found.high
    unread = at_threshold(rows, "spam", nan)
    assert {s.score.why for s in unread} == {"no threshold could be chosen"}
    assert isnan(find("metrics", "f1_at_threshold")(unread).value)


def test_two_models_are_compared_each_at_its_own(labelled):
    rows = [(i % 2 == 0, (i % 2 == 0) * 0.1 + i % 7 / 20) for i in range(80)]
    weak = at_threshold(scored(labelled, rows), "spam", 0.2)
    sure = at_threshold(scored(labelled, [(s, 0.9 if s else 0.6) for s, _ in rows]), "spam", 0.7)
    for name in ("accuracy", "recall"):
        found = compare(find("metrics", f"{name}_at_threshold"), weak, sure)
        assert found.broken == 0
        assert found.interval.method == "tango+mcnemar-midp"
        assert found.interval.low > 0
    found = compare(find("metrics", "f1_at_threshold"), weak, sure).interval
    assert (found.low > 0, found.method) == (True, "bca-bootstrap")


def test_a_label_of_several_against_the_rest(labelled):
    shares = [{"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 0.1, "b": 0.3, "c": 0.6}]
    read = at_threshold(labelled([("a", "a"), ("b", "c")], shares), "b", 0.3)
    assert [s.expected for s in read] == [REST, POSITIVE]
    assert [s.score.value for s in read] == [0.0, 1.0]
