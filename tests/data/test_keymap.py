# SPDX-License-Identifier: Apache-2.0
"""Rows whose keys are described: nested, repeated, of any name."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import UsageError
from evalkit.core.pointer import at
from evalkit.data.keymap import key_named
from evalkit.data.layouts import described

CHATLAW = {
    "system": "meta_instruction",
    "turns": "chat",
    "turn": {"user": "咨询者", "assistant": "ChatLAW"},
}
CALLS = {
    "turns": "data.dialogue",
    "turn": {"role": "speaker", "text": "utterance", "roles": {"A线": "assistant"}},
}
FAQ = {
    "assistant": "answer.text",
    "tools": "functions",
    "templates": {"user": "{title}\\n{ask}", "system": "Be kind"},
    "fields": {"Kind": "meta.kind"},
}


def made(table, name="own"):
    return described({name: table})[name]


def said(table, row):
    return [(m.role, m.content, m.pointer) for m in made(table).layout.view(row)]


def test_turns_that_hold_a_question_and_an_answer():
    row = {
        "meta_instruction": "Be kind",
        "chat": [
            {"咨询者": "q1", "ChatLAW": "a1"},
            {"咨询者": "q2"},
            {"x": 1},
            None,
            {"ChatLAW": "b"},
        ],
    }
    assert said(CHATLAW, row) == [
        ("system", "Be kind", "/meta_instruction"),
        ("user", "q1", "/chat/0/咨询者"),
        ("assistant", "a1", "/chat/0/ChatLAW"),
        ("user", "q2", "/chat/1/咨询者"),
        ("assistant", "b", "/chat/4/ChatLAW"),
    ]


def test_turns_of_one_speaker():
    turns = [
        {"speaker": "客户", "utterance": "在吗"},
        {"speaker": "A线", "utterance": "在的"},
        {"speaker": "Customer ", "utterance": "ok"},
        {"speaker": "robot-7", "utterance": "?"},
        {"speaker": "客户"},
    ]
    assert said(CALLS, {"data": {"dialogue": turns}}) == [
        ("user", "在吗", "/data/dialogue/0"),
        ("assistant", "在的", "/data/dialogue/1"),
        ("user", "ok", "/data/dialogue/2"),
        ("robot-7", "?", "/data/dialogue/3"),  # not known: for lint to say
    ]


def test_turns_that_are_texts_or_pairs_and_a_question_behind_them():
    table = {"turns": "history", "user": "q", "input": "more", "assistant": "a"}
    row = {"history": [["x", "y"], ["z", "w"]], "q": "q", "more": "m", "a": "a"}
    assert [(role, text) for role, text, _ in said(table, row)] == [
        ("user", "x"), ("assistant", "y"), ("user", "z"), ("assistant", "w"), ("user", "q\nm"),
        ("assistant", "a"),
    ]  # fmt: skip
    assert [pointer for _, _, pointer in said(table, row)][:4] == [
        "/history/0/0", "/history/0/1", "/history/1/0", "/history/1/1",
    ]  # fmt: skip
    assert said({"turns": "d"}, {"d": ["hi", "yo", "bye"]}) == [
        ("user", "hi", "/d/0"), ("assistant", "yo", "/d/1"), ("user", "bye", "/d/2"),
    ]  # fmt: skip


def test_templates_tools_and_values_that_are_no_texts():
    row = {"title": "T", "ask": 3, "answer": {"text": {"ok": True, "字": None}}, "functions": "[]"}
    assert said(FAQ, row) == [
        ("system", "Be kind", ""),
        ("user", "T\n3", "/title"),
        ("assistant", '{"ok": true, "字": null}', "/answer/text"),
    ]
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert made(FAQ).tools_of({"functions": '[{"name": "f"}]'}) == tuple(tools)
    parts = [{"type": "text", "text": "hi"}]
    assert said({"user": "q", "assistant": "a"}, {"q": parts, "a": "x"})[0][1] == parts


def test_pairs():
    layout = made({"user": "q", "chosen": "good", "rejected": "bad"}).layout
    found = layout.conversation({"q": "?", "good": "g", "bad": "b"})
    assert [m["content"] for m in found.messages] == ["?", "g"]
    assert [m["content"] for m in found.rejected] == ["b"]
    assert layout.method == "preference"


@pytest.mark.parametrize(
    "row",
    [{}, {"meta_instruction": "only"}, {"chat": "no list"}, {"chat": {}}, {"chat": [[], 1, None]},
     {"chat": None}, {"meta_instruction": ["x"], "chat": [{}]}],
)  # fmt: skip
def test_rows_that_lack_the_keys_hold_no_conversation(row):
    assert said(CHATLAW, row) == []
    assert not made(CHATLAW).matches(row)


def test_a_key_with_a_dot_in_it_and_one_in_an_object():
    key = key_named("a.b")
    assert key.found({"a.b": 1, "a": {"b": 2}}) == (1, "/a.b")
    assert key.found({"a": {"b": 2}}) == (2, "/a/b")
    assert key.found({"a": [2]}) is None
    assert key_named("/a~1b/0").found({"a/b": ["x"]}) == ("x", "/a~1b/0")
    assert key_named("a.1").found({"a": ["x"]}) is None
    assert key_named("q").found({"q": None}) is None


@pytest.mark.parametrize("table", [CHATLAW, CALLS, FAQ, {"turns": "d"}])
def test_it_travels(table):
    row = {"meta_instruction": "m", "chat": [{"ChatLAW": "a"}], "answer": {"text": "x"}, "d": ["q"]}
    copy = pickle.loads(pickle.dumps(made(table)))  # noqa: S301  (our own)
    assert copy == made(table)
    assert copy.layout.messages(row) == made(table).layout.messages(row)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["chat", "咨询者", "ChatLAW", "data", "dialogue", "speaker", "utterance",
                         "answer", "text", "title", "ask", "d", "functions", "type"]),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(["chat", "data", "answer", "title", "d", "functions"]), JSON),
    st.sampled_from([CHATLAW, CALLS, FAQ, {"turns": "d"}, {"user": "title", "assistant": "d"}]),
)
def test_any_row_has_a_view_with_true_pointers(row, table):
    layout = made(table).layout
    for message in layout.messages(row):
        at(row, message.pointer)  # something stands there
        assert isinstance(message.content, str | list)
    layout.matches(row)
    layout.conversation(row)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({}, "nothing says"),
        ({"system": "s"}, "nothing says"),
        ({"user": ""}, "names no key"),
        ({"user": "a..b"}, "names no key"),
        ({"user": "q", "turn": {"user": "x"}}, "without `turns`"),
        ({"turns": "t", "turn": {"user": "x", "role": "y", "text": "z"}}, "of one speaker"),
        ({"turns": "t", "turn": {"role": "y"}}, "belong together"),
        ({"turns": "t", "turn": {"roles": {"a": "user"}}}, "belong together"),
        ({"user": "q", "templates": {"user": "{q}"}}, "a key and a template"),
        ({"user": "q", "chosen": "c"}, "belong together"),
        ({"templates": {"user": "{q"}}, "stands alone"),
    ],
)
def test_descriptions_that_say_nothing(table, words):
    with pytest.raises(UsageError, match=words):
        described({"x": table})


@pytest.mark.parametrize("name", ["openai-chat", "openai_chat", "key-map", " "])
def test_names_that_are_taken(name):
    with pytest.raises(UsageError, match="layout of that name"):
        described({name: {"user": "q"}})
