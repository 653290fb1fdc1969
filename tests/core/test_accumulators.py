# SPDX-License-Identifier: Apache-2.0
"""Shards and their order do not matter."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.accumulators import Count, Groups, Tally
from evalkit.core.location import Location

pairs = st.lists(st.tuples(st.binary(max_size=1), st.integers(0, 9)))


@given(pairs, st.integers(1, 7), st.randoms())
def test_shards_of_groups_do_not_matter(items, shards, random):
    parts = [Groups.of(items[i::shards]) for i in range(shards)]
    random.shuffle(parts)
    whole = Groups.of(items)
    merged = Groups.merged(parts)
    assert merged.to_bytes() == whole.to_bytes()
    assert list(merged.repeated()) == list(whole.repeated())
    assert sum(len(members) for _, members in merged.items()) == len(items)


@given(pairs)
def test_groups_keep_every_item_of_a_key(items):
    expected = {key: sorted(item for other, item in items if other == key) for key in dict(items)}
    assert dict(Groups.of(items).items()) == expected


@given(st.lists(st.text(max_size=2)), st.integers(1, 7), st.randoms())
def test_shards_of_tallies_do_not_matter(keys, shards, random):
    parts = [Tally.of(keys[i::shards]) for i in range(shards)]
    random.shuffle(parts)
    assert Tally.merged(parts).to_bytes() == Tally.of(keys).to_bytes()
    assert Tally.merged(parts).total() == len(keys)


@given(st.lists(st.integers(0, 5)))
def test_counts_add_up(amounts):
    parts = [Count(amount) for amount in amounts]
    assert Count.merged(parts).value == sum(amounts)
    assert Count.merged(parts).to_bytes() == Count(sum(amounts)).to_bytes()


def test_locations_are_ordered_as_in_the_file():
    groups: Groups[bytes] = Groups()
    for line in (12, 3, 7):
        groups.add(b"k", Location(source="a.jsonl", line=line, number=line))
    assert [[m.line for m in members] for members in groups.repeated()] == [[3, 7, 12]]


def test_tally_puts_the_most_frequent_first_and_breaks_ties_by_key():
    assert Tally.of("bbacca").items() == [("a", 2), ("b", 2), ("c", 2)]
