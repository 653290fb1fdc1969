# SPDX-License-Identifier: Apache-2.0
"""Who is held out: the arithmetic."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalkit.data.kin import joined, same
from evalkit.data.split import allot, categorical, drawn, legacy, newest
from evalkit.data.subset import nearest_subset


def parts_of(sizes, labels, wanted, seed=0):
    sizes = np.array(sizes, np.int64)
    lots = drawn(np.arange(len(sizes), dtype=np.uint64), seed)
    return allot(sizes, np.array(labels, np.int64), lots, wanted)


def rows_in(sizes, parts, part):
    return int(np.array(sizes)[parts == part].sum())


def test_lots_are_golden():
    assert drawn(np.arange(3, dtype=np.uint64), 0).tolist() == GOLDEN_LOTS
    assert len({tuple(parts_of([1] * 10, [0, 1] * 5, [2], seed=s)) for s in range(9)}) > 4
    assert drawn(np.zeros(1, np.uint64), -1) != drawn(np.zeros(1, np.uint64), 1 << 80)


GOLDEN_LOTS = [14762744719350714032, 3772782177175783683, 13565753906162029755]


def test_each_part_has_its_share_of_every_label():
    labels = [0] * 600 + [1] * 300 + [2] * 100
    parts = parts_of([1] * 1000, labels, [200, 100], seed=3)
    assert Counter(zip(labels, parts.tolist(), strict=True)) == {
        (0, 0): 420, (0, 1): 120, (0, 2): 60,
        (1, 0): 210, (1, 1): 60, (1, 2): 30,
        (2, 0): 70, (2, 1): 20, (2, 2): 10,
    }  # fmt: skip


@given(st.lists(st.integers(0, 4), min_size=10, max_size=200), st.data())
def test_strata_are_met_to_the_row(labels, data):
    number = data.draw(st.integers(1, len(labels) - 1))
    parts = parts_of([1] * len(labels), labels, [number])
    assert (parts == 1).sum() == number
    counts = Counter(labels)
    common = {label for label, n in counts.items() if n > 1}
    for label in common:
        held = sum(p == 1 for p, own in zip(parts.tolist(), labels, strict=True) if own == label)
        exact = number * counts[label] / len(labels)
        few = number < len(common) + 1 or number > len(labels) - len(common) - 1
        assert few or abs(held - exact) <= len(common) + 1
        if len(common) == 1 and len(counts) == 1:
            assert held == number
        if not few:
            assert held >= 1


def test_rare_labels_can_be_measured_where_there_is_room():
    labels = [0] * 96 + [1] * 2 + [2] + [3] * 2
    parts = parts_of([1] * 101, labels, [10])
    held = {label for label, part in zip(labels, parts, strict=True) if part == 1}
    assert {1, 3} <= held
    learned = {label for label, part in zip(labels, parts, strict=True) if part == 0}
    assert {0, 1, 3} <= learned


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 2)), min_size=3, max_size=80),
    st.integers(1, 60),
    st.integers(1, 20),
    st.integers(0, 5),
)
def test_something_is_always_left_to_learn(units, test, valid, seed):
    sizes, labels = [size for size, _ in units], [label for _, label in units]
    test, valid = min(test, sum(sizes) // 2), max(1, min(valid, sum(sizes) // 4))
    parts = parts_of(sizes, labels, [test, valid], seed)
    assert (parts == 0).any()
    assert (parts == 1).any()
    if max(sizes) == 1:
        assert (rows_in(sizes, parts, 1), rows_in(sizes, parts, 2)) == (test, valid)


@given(st.lists(st.integers(1, 12), min_size=8, max_size=60), st.data())
def test_the_number_is_met_where_whole_units_allow(sizes, data):
    # What stays for train is the last drawn one: any sum of the others can be reached.
    lots = drawn(np.arange(len(sizes), dtype=np.uint64), 0)
    last = int(lots.argmax())
    others = [size for unit, size in enumerate(sizes) if unit != last]
    chosen = data.draw(st.lists(st.sampled_from(range(len(others))), unique=True, min_size=1))
    number = sum(others[unit] for unit in chosen)
    parts = parts_of(sizes, [0] * len(sizes), [number])
    assert rows_in(sizes, parts, 1) == number


def test_rather_too_many_than_none():
    parts = parts_of([50, 50, 50], [0, 0, 0], [3])
    assert sorted(parts.tolist()) == [0, 0, 1]


@given(st.lists(st.integers(1, 30), max_size=40), st.integers(0, 200))
def test_the_nearest_sum(sizes, target):
    chosen = nearest_subset(sizes, target)
    assert len(set(chosen)) == len(chosen)
    sums = {0}
    for size in sizes:
        sums |= {total + size for total in sums}
    best = min(abs(total - target) for total in sums)
    assert abs(sum(sizes[index] for index in chosen) - target) == best


def test_many_equal_sizes_are_quick():
    sizes = [7] * 50_000 + [3]
    chosen = nearest_subset(sizes, 7 * 14_000 + 3)
    assert (len(chosen), sum(sizes[index] for index in chosen)) == (14_001, 98_003)


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 9)), min_size=2, max_size=60),
    st.integers(1, 40),
    st.integers(1, 10),
)
def test_the_newest_are_held_out(units, test, valid):
    sizes = np.array([size for size, _ in units], np.int64)
    dates = np.array([date or np.iinfo(np.int64).min for _, date in units], np.int64)
    parts = newest(sizes, dates, [test, valid])
    known = sorted(set(dates.tolist()) - {np.iinfo(np.int64).min})
    if len(known) < 3:
        return
    spans = [dates[(parts == part) & (dates > 0)] for part in (0, 2, 1)]
    assert all(len(span) for span in spans)
    assert spans[0].max() < spans[1].min()
    assert spans[1].max() < spans[2].min()
    assert not (parts[dates < 0]).any()
    off = abs(int(sizes[parts == 1].sum()) - test)
    for first in known[2:]:
        assert off <= abs(int(sizes[dates >= first].sum()) - test)


def test_labels_and_sentences():
    assert categorical(["spam", "ham"] * 4)
    assert categorical({"spam": 4, "ham": 4})
    assert not categorical(["spam", "ham"] * 3)  # not fewer than a third
    assert not categorical(["same"] * 9)
    assert not categorical(["x" * 61, "y"] * 9)
    assert not categorical(["", "y"] * 9)
    assert not categorical([])


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=60))
def test_families_are_connected_components(pairs):
    expected = {row: {row} for row in range(41)}
    for one, other in pairs:
        family = expected[one] | expected[other]
        for row in family:
            expected[row] = family
    one = np.array([a for a, _ in pairs], np.int64)
    other = np.array([b for _, b in pairs], np.int64)
    roots = joined(np.arange(41), one, other)
    assert roots.tolist() == [min(expected[row]) for row in range(41)]


def test_the_first_of_equals():
    assert same(np.array([5, 3, 5, 3, 9], np.uint64)).tolist() == [0, 1, 0, 1, 4]


@settings(max_examples=40)
@given(st.integers(1, 7000))
def test_legacy_draws_as_pandas_did(rows):
    frame = pd.DataFrame({"row": range(rows)})  # as validators.py of openai 0.28.1 does
    sample = frame.sample(n=max(rows - 1000, int(rows * 0.8)), random_state=42)
    train, valid = legacy(rows)
    assert train == sample["row"].tolist()
    assert valid == frame.drop(sample.index)["row"].tolist()


@pytest.mark.parametrize("rows", [0, 1, 2, 10])
def test_legacy_golden(rows):
    known = {
        0: ([], []),
        1: ([], [0]),
        2: ([1], [0]),
        10: ([8, 1, 5, 0, 7, 2, 9, 4], [3, 6]),
    }
    assert legacy(rows) == known[rows]
