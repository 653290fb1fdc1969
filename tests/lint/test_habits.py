# SPDX-License-Identifier: Apache-2.0
"""States that are kept in parts are the state of the whole, and stay small."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.example import Example, Message
from evalkit.core.location import Location
from evalkit.data.recognise import layout
from evalkit.lint.habits import Habits
from evalkit.lint.themes import Themes


class Few(Habits):
    """With bounds that a test can reach."""

    KEPT = 3
    LIMIT = 5
    __slots__ = ()


class FewThemes(Themes):
    """With a bound that a test can reach."""

    MOST = 3
    __slots__ = ()


def habits_of(rows: list[tuple[int, str]]) -> Few:
    state = Few()
    for line, kind in rows:
        value = {"messages": [{"role": "assistant", "content": kind}]}
        example = Example(Location(source="x", line=line), b"", value, layout("openai-chat"))
        message = Message("assistant", kind, "/messages/0", value["messages"][0])
        state.add(kind, example, message)
    return state


rows = st.lists(
    st.tuples(st.integers(1, 40), st.sampled_from("abcdefg")), max_size=40, unique_by=lambda r: r[0]
)


@given(rows, st.integers(1, 7), st.randoms(use_true_random=False))
def test_shards_and_order_do_not_matter(items, shards, random):
    whole = habits_of(sorted(items))
    random.shuffle(items)
    parts = [habits_of(items[i::shards]) for i in range(shards)]
    random.shuffle(parts)
    assert Few.merged(parts).to_bytes() == whole.to_bytes()


@given(rows)
def test_it_keeps_the_first_rows_and_counts_all(items):
    state = habits_of(items)
    kinds = {kind for _, kind in items}
    assert state.overflowed == (len(kinds) > Few.LIMIT)
    for kind in kinds if not state.overflowed else ():
        lines = sorted(line for line, k in items if k == kind)
        assert state.counts[kind] == len(lines)
        assert [s.location.line for s in state.seen(kind)] == lines[: Few.KEPT]
        assert {s.pointer for s in state.seen(kind)} == {"/messages/0/content"}


def test_a_moved_part_is_the_part_read_in_its_place():
    rows = [(1, "a"), (2, "b"), (5, "a")]
    moved = habits_of(rows).shifted(10, 0)
    assert moved.to_bytes() == habits_of([(line + 10, kind) for line, kind in rows]).to_bytes()


def themes_of(rows: list[tuple[int, str, str]]) -> FewThemes:
    state = FewThemes()
    for line, prompt, said in rows:
        state.add(prompt, said, said, Location(source="x", line=line), "/messages/0/content")
    return state


themed = st.lists(
    st.tuples(
        st.integers(1, 40),
        st.sampled_from(["law contracts", "trees gardens", "birds feathers", "fish rivers"]),
        st.sampled_from(["a contract", "the Garden", "a bird", "nothing", "rivers, feathers"]),
    ),
    max_size=30,
    unique_by=lambda row: row[0],
)


@given(themed, st.integers(1, 5), st.randoms(use_true_random=False))
def test_themes_in_shards_are_the_themes_of_the_whole(items, shards, random):
    whole = themes_of(sorted(items))
    random.shuffle(items)
    parts = [themes_of(items[i::shards]) for i in range(shards)]
    random.shuffle(parts)
    assert FewThemes.merged(parts).to_bytes() == whole.to_bytes()
    assert whole.overflowed == (len({prompt for _, prompt, _ in items}) > FewThemes.MOST)
