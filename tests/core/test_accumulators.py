# SPDX-License-Identifier: Apache-2.0
"""Shards and their order do not matter, and neither does the disk."""

from __future__ import annotations

import pickle
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core import groups as groups_module
from evalkit.core.accumulators import CappedTally, Count, Firsts, Groups, Tally
from evalkit.core.errors import InputError
from evalkit.core.groups import key_of
from evalkit.core.location import Location
from evalkit.core.spill import spilling


def at(line: int, source: str = "a.jsonl") -> Location:
    return Location(source=source, line=line, end_line=line, number=line, start=line, end=line + 1)


pairs = st.lists(
    st.tuples(st.binary(max_size=1), st.builds(at, st.integers(1, 9), st.sampled_from("ab")))
)


@given(pairs, st.integers(1, 7), st.randoms(), st.booleans())
def test_shards_of_groups_do_not_matter(items, shards, random, spilled):
    with pytest.MonkeyPatch.context() as patch, spilling(None):
        if spilled:
            patch.setattr(groups_module, "_ROOM", 200)
            patch.setattr(groups_module, "_FEW", 1)
        whole = Groups.of(items)
        parts = [Groups.of(items[i::shards]) for i in range(shards)]
        random.shuffle(parts)
        merged = Groups.merged(pickle.loads(pickle.dumps(part)) for part in parts)  # noqa: S301  (our own)
        assert merged.to_bytes() == whole.to_bytes()
        assert list(merged.repeated()) == list(whole.repeated())
        assert merged.members([b"x", b""]) == whole.members([b"x", b""])
        assert len(merged) == len(items)


@given(pairs)
def test_groups_keep_every_place_of_a_key(items):
    found = Groups.of(items)
    number = Counter(key for key, _ in items)
    expected = sorted(n for n in number.values() if n > 1)
    assert sorted(len(group) for group in found.repeated()) == expected
    for key in number:
        places = [member.location for member in found.members([key])[key]]
        wanted = [place for other, place in items if other == key]
        assert sorted(places, key=repr) == sorted(wanted, key=repr)


def test_many_records_are_grouped_as_few_are(monkeypatch):
    monkeypatch.setattr(groups_module, "_FEW", 1)
    items = [(key_of(str(i % 5000)), at(i + 1)) for i in range(12_000)]
    many = [[m.location for m in g] for g in Groups.of(items).repeated()]
    monkeypatch.setattr(groups_module, "_FEW", 1 << 30)
    assert many == [[m.location for m in g] for g in Groups.of(items).repeated()]
    assert len(many) == 5000


@given(st.lists(st.binary(max_size=39), max_size=5))
def test_tags_come_back(tags):
    found = Groups()
    for number, tag in enumerate(tags, 1):
        found.add("same", at(number), tag)
    assert [m.tag for m in found.members(["same"]).get("same", [])] == tags


def test_places_of_a_part_move():
    part = Groups.of([(b"k", at(3)), (b"k", at(4)), (b"k", Location(source="a.jsonl"))])
    moved = [m.location for m in next(part.shifted(100, 90).repeated())]
    assert [(place.line, place.number) for place in moved] == [(None, None), (103, 93), (104, 94)]


def test_a_full_disk_is_one_line(monkeypatch):
    monkeypatch.setattr(groups_module, "_ROOM", 200)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("", (), {"free": 10}))
    with spilling(None), pytest.raises(InputError, match="no room"):
        Groups.of([(str(i), at(i)) for i in range(1, 50)])


def test_the_spill_folder_is_gone_afterwards(monkeypatch, tmp_path):
    monkeypatch.setattr(groups_module, "_ROOM", 200)
    with spilling(str(tmp_path)):
        Groups.of([(str(i), at(i)) for i in range(1, 50)])
        assert list(tmp_path.rglob("*.spill"))
    assert list(tmp_path.iterdir()) == []


def test_a_spill_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InputError, match="cannot write"), spilling(str(tmp_path / "none")):
        pass


@given(st.lists(st.text(max_size=2)), st.integers(1, 7), st.randoms())
def test_shards_of_tallies_do_not_matter(keys, shards, random):
    parts = [Tally.of(keys[i::shards]) for i in range(shards)]
    random.shuffle(parts)
    assert Tally.merged(parts).to_bytes() == Tally.of(keys).to_bytes()
    assert Tally.merged(parts).total() == len(keys)


@given(st.lists(st.integers(0, 40)), st.integers(1, 7), st.randoms())
def test_a_capped_tally_gives_up_whatever_the_shards(keys, shards, random):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CappedTally, "LIMIT", 10)
        parts = [CappedTally.of(keys[i::shards]) for i in range(shards)]
        random.shuffle(parts)
        merged = CappedTally.merged(parts)
        assert merged.overflowed == (len(set(keys)) > 10)
        assert merged.to_bytes() == CappedTally.of(keys).to_bytes()


@given(st.lists(st.integers(1, 500), max_size=90), st.integers(1, 7), st.randoms())
def test_firsts_are_the_first_whatever_the_shards(lines, shards, random):
    def of(part):
        made = Firsts()
        for line in part:
            made.add(at(line))
        return made

    parts = [of(lines[i::shards]) for i in range(shards)]
    random.shuffle(parts)
    merged = Firsts.merged(parts)
    assert merged.total == len(lines)
    assert [place.line for place in merged.items()] == sorted(lines)[:20]
    assert merged.to_bytes() == of(lines).to_bytes()


@given(st.lists(st.integers(0, 5)))
def test_counts_add_up(amounts):
    parts = [Count(amount) for amount in amounts]
    assert Count.merged(parts).value == sum(amounts)
    assert Count.merged(parts).to_bytes() == Count(sum(amounts)).to_bytes()


def test_tally_puts_the_most_frequent_first_and_breaks_ties_by_key():
    assert Tally.of("bbacca").items() == [("a", 2), ("b", 2), ("c", 2)]
