# SPDX-License-Identifier: Apache-2.0
"""Rows of several files are brought together, and nothing is dropped in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.evaluation.comparing.alignment import AnswerRow, align, named


def row(text="a", *ids, asked=None, system=None, repeat=0, expected=None):
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": "user", "content": asked}] if asked else []
    return AnswerRow(
        reply=Reply(text=text),
        ids=ids,
        messages=messages or None,
        repeat=repeat,
        expected=expected,
    )


def of_ids(*ids):
    return [row(name, name) for name in ids]


def test_missing_foreign_and_duplicate_rows_are_named():
    found = align({"a": of_ids("x", "y", "z"), "b": of_ids("z", "q", "y", "q")})
    assert (found.by, found.keys, found.whole) == ("id", ("x", "y", "z", "q"), 2)
    assert found.missing == {"a": ["q"], "b": ["x"]}
    assert found.foreign == {"a": ["x"], "b": ["q"]}
    assert found.duplicates == {"a": [], "b": ["q"]}
    assert found.rows["b"]["z"][0].reply.text == "z"


def test_of_rows_that_stand_twice_the_first_counts():
    twice = [row("first", "x"), row("second", "x"), row("third", "x")]
    found = align({"a": twice, "b": of_ids("x")})
    assert found.rows["a"]["x"][0].reply.text == "first"
    assert found.duplicates["a"] == ["x"]


def test_repeats_are_no_duplicates():
    several = [row("0", "x"), row("1", "x", repeat=1)]
    found = align({"a": several, "b": of_ids("x")})
    assert [one.reply.text for one in found.rows["a"]["x"]] == ["0", "1"]
    assert found.duplicates["a"] == []


def test_with_a_reference_its_questions_count():
    found = align({"a": of_ids("x", "w"), "b": of_ids("y")}, reference=of_ids("x", "y", "y"))
    assert found.keys == ("x", "y")
    assert found.foreign == {"a": ["w"], "b": []}
    assert found.missing == {"a": ["y"], "b": ["x"]}
    assert found.duplicates[""] == ["y"]
    assert "w" not in found.rows["a"]


def test_a_row_may_go_by_any_of_its_names():
    recorded = [row("1", "h1", "t1", "line 1"), row("2", "h2", "t2", "line 2")]
    found = align({"recorded": recorded, "table": of_ids("t2", "t1")})
    assert (found.by, found.whole) == ("id", 2)
    assert found.rows["table"]["h1"][0].reply.text == "t1"


def test_where_ids_differ_what_was_asked_counts():
    a = [row("1", "a1", asked="Where?"), row("2", "a2", asked="When?")]
    b = [row("2", "b1", asked="When?"), row("1", "b2", asked="Where?")]
    found = align({"a": a, "b": b})
    assert (found.by, found.loose, found.keys) == ("messages", False, ("a1", "a2"))
    assert found.rows["b"]["a1"][0].reply.text == "1"


def test_system_messages_are_left_out_only_where_that_helps():
    a = [row("1", asked="Where?", system="Long."), row("2", asked="When?", system="Long.")]
    b = [row("1", asked="Where?"), row("2", asked="When?")]
    assert align({"a": a, "b": b}).loose
    assert not align({"a": a, "b": list(a)}).loose


def test_ids_that_only_count_yield_to_the_questions():
    a = [row("1", "0", asked="Where?"), row("2", "1", asked="When?")]
    b = [row("2", "0", asked="When?"), row("1", "1", asked="Where?")]
    found = align({"a": a, "b": b})
    assert found.by == "messages"
    assert {rows[0].reply.text for rows in found.rows["b"].values()} == {"1", "2"}
    for key, rows in found.rows["a"].items():
        assert rows[0].reply.text == found.rows["b"][key][0].reply.text


def test_counting_from_0_and_from_1():
    a, b = [row(str(i), str(i)) for i in range(5)], [row(str(i), str(i + 1)) for i in range(5)]
    found = align({"a": a, "b": b})
    assert found.whole == 5
    for key, rows in found.rows["a"].items():
        assert rows[0].reply.text == found.rows["b"][key][0].reply.text
    # A row that is missing at the start is no other way of counting.
    found = align({"a": a, "b": [row(str(i), str(i)) for i in range(1, 5)]})
    assert found.missing["b"] == ["0"]
    assert found.rows["b"]["3"][0].reply.text == "3"


def test_by_order_only_where_nothing_else_is_there():
    bare = [row("1"), row("2")]
    assert align({"a": bare, "b": list(bare)}).by == "order"
    with pytest.raises(UsageError, match="a has 2, b has 3"):
        align({"a": bare, "b": [*bare, row("3")]})
    with pytest.raises(UsageError) as caught:
        align({"a": bare, "b": of_ids("x", "y")})
    assert "no id, question or line stands in both files" in caught.value.message
    assert "--by order" in caught.value.hint
    assert align({"a": bare, "b": of_ids("x", "y")}, by="order").whole == 2


def test_nothing_in_common_names_what_is_there():
    with pytest.raises(UsageError) as caught:
        align({"a": of_ids("x1", "x2", "x3"), "b": of_ids("y1")})
    assert caught.value.message.endswith("a has ids such as x1, x2; b has ids such as y1")
    with pytest.raises(UsageError, match="no question stands in both"):
        align({"a": of_ids("x"), "b": of_ids("x")}, by="messages")


def test_rows_without_a_name_belong_to_nobody_else():
    found = align({"a": [*of_ids("x"), row("bare")], "b": [*of_ids("x"), row("bare")]})
    assert found.whole == 1
    assert len(found.keys) == 3


def test_none_pairs_nothing():
    found = align({"a": of_ids("x"), "b": of_ids("x")}, by="none")
    assert (found.whole, len(found.keys)) == (0, 2)


def test_names_are_few_and_printable():
    assert named(["a\x1b[31m", "b", "c", "d"]) == "a\\x1b[31m, b, c and 1 more"
    assert named(["a"]) == "a"
    assert named(list("abcde"), "zh") == "a、b、c 等另外 2 个"


IDS = st.lists(st.text("abcdef", min_size=1, max_size=2), min_size=1, max_size=8)


@given(st.lists(IDS, min_size=2, max_size=4))
def test_every_row_is_somewhere(files):
    sets = {f"m{n}": of_ids("common", *ids) for n, ids in enumerate(files)}
    found = align(sets)
    for name, rows in sets.items():
        ids = {one.ids[0] for one in rows}
        assert set(found.rows[name]) == ids
        assert set(found.missing[name]) == set(found.keys) - ids
        counted = sum(len(several) for several in found.rows[name].values())
        assert counted == len(ids)
        assert set(found.duplicates[name]) == {
            i for i in ids if sum(r.ids[0] == i for r in rows) > 1
        }
    assert found.whole == sum(not any(k in m for m in found.missing.values()) for k in found.keys)


@given(st.lists(st.text("abc", min_size=1, max_size=3), unique=True, min_size=1), st.randoms())
def test_the_order_of_the_rows_does_not_matter(ids, random):
    shuffled = of_ids(*ids)
    random.shuffle(shuffled)
    found = align({"a": of_ids(*ids), "b": shuffled})
    assert found.whole == len(ids)
    assert all(rows[0].reply.text == key for key, rows in found.rows["b"].items())
