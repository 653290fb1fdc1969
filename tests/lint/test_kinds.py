# SPDX-License-Identifier: Apache-2.0
"""States that count kinds of texts."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.location import Location
from evalkit.lint.kinds import Kinds, Same


class Few(Kinds):
    MOST = 3
    LONGEST = 60
    __slots__ = ()


def filled(texts: list[tuple[int, str]]) -> Few:
    kinds = Few()
    for line, text in texts:
        kinds.add(text, Location(source="x", line=line, number=line))
    return kinds


texts = st.lists(st.sampled_from(["a", "b", "A", "是", "d" * 61, "d" * 62]), max_size=20)


@given(texts, st.integers(1, 5), st.randoms())
def test_shards_do_not_matter(found, shards, rng):
    rows = list(enumerate(found, 1))
    parts = [filled(rows[start::shards]) for start in range(shards)]
    rng.shuffle(parts)
    merged, whole = Few.merged(parts), filled(rows)
    assert merged.to_bytes() == whole.to_bytes()
    assert merged.items() == whole.items()
    assert merged.overflowed == (len(set(found)) > 3)
    if not merged.overflowed:
        assert sorted(kind.number for kind in merged.items()) == sorted(Counter(found).values())
        firsts = {found.index(text) + 1 for text in set(found)}
        assert {kind.first.line for kind in merged.items()} == firsts
    assert merged.total == len(found)


def test_moved():
    kinds = filled([(1, "a"), (2, "b"), (3, "a")]).shifted(10, 5)
    assert [(k.text, k.number, k.first.line, k.first.number) for k in kinds.items()] == [
        ("a", 2, 11, 6),
        ("b", 1, 12, 7),
    ]


@given(st.lists(st.sampled_from(["a", "b", None]), max_size=8), st.integers(0, 8), st.booleans())
def test_all_the_same(found, cut, swap):
    def of(part: list[str | None]) -> Same:
        same = Same()
        for text in part:
            same.add(text)
        return same

    parts = [of(found[:cut]), of(found[cut:])]
    merged = Same.merged(parts[::-1] if swap else parts)
    assert merged.to_bytes() == of(found).to_bytes()
    assert merged.differ == (None in found or len(set(found)) > 1)
    if not merged.differ:
        assert merged.number == len(found)
