# SPDX-License-Identifier: Apache-2.0
"""Which column is which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import EvalkitError
from evalkit.data.columns import NAMES, map_columns, simplified


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ("department,title,ask,answer", {"user": "ask", "assistant": "answer"}),
        ("system,user,assistant", {"system": "system", "user": "user", "assistant": "assistant"}),
        ("Prompts,Completions", {"user": "Prompts", "assistant": "Completions"}),
        (" QUESTION :,AI_Response", {"user": "QUESTION :", "assistant": "AI_Response"}),
        ("ｐｒｏｍｐｔ,Ａｎｓｗｅｒ", {"user": "ｐｒｏｍｐｔ", "assistant": "Ａｎｓｗｅｒ"}),
        ("label,text", {"user": "text", "assistant": "label"}),
        ("text,category", {"user": "text", "assistant": "category"}),
        ("系统提示,用户,助手", {"system": "系统提示", "user": "用户", "assistant": "助手"}),
        ("问题,回答", {"user": "问题", "assistant": "回答"}),
        ("提问,答案,科室", {"user": "提问", "assistant": "答案"}),
        ("title,heading,questions,answers", {"user": "questions", "assistant": "answers"}),
    ],
)
def test_usual_names(headers, shown):
    assert map_columns(headers.split(","), {}, source="x").shown == shown


def test_every_name_is_found():
    for role, usual in NAMES.items():
        for name in usual:
            other = {"user": "assistant", "assistant": "user"}.get(role)
            headers = [name.upper(), *([other] if other else ["user", "assistant"])]
            assert map_columns(headers, {}, source="x").roles[role] == 0, name


def test_what_could_be_meant_too_is_said():
    found = map_columns(["Message", "Intent", "Reply", "Lang", "Channel"], {}, source="x")
    assert found.shown == {"user": "Message", "assistant": "Reply"}
    assert found.fields == {"intent": 1, "lang": 3, "channel": 4}
    assert found.notes == (
        "the assistant's text is column `Reply`; for `Intent` say --columns assistant=Intent",
    )
    assert map_columns(["title", "ask", "answer"], {}, source="x").notes == ()


@pytest.mark.parametrize(
    ("a", "b"),
    [("Questions", "question"), ("class", "CLASS"), ("\ufeffAsk ", "ask"), ("a_b-c", "A  B C")],
)
def test_simplified(a, b):
    assert simplified(a) == simplified(b)


@given(
    st.lists(st.text(max_size=9), max_size=6),
    st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=3),
)
def test_any_headers(headers, wanted):
    try:
        found = map_columns(headers, wanted, source="x")
    except EvalkitError:
        return
    places = [*found.roles.values()]
    assert len(set(places)) == len(places) or wanted
    assert all(0 <= place < len(headers) for place in places)
