# SPDX-License-Identifier: Apache-2.0
"""Which column is which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.core.errors import EvalkitError, UsageError
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
        (
            "Question,AI Response,system ",
            {"system": "system", "user": "Question", "assistant": "AI Response"},
        ),
        ("Q,A", {"user": "Q", "assistant": "A"}),
        ("query,response,id", {"user": "query", "assistant": "response"}),
        ("問題,回覆", {"user": "問題", "assistant": "回覆"}),
        ("使用者,助理,系統提示", {"system": "系統提示", "user": "使用者", "assistant": "助理"}),
        (
            "instruction,input,output",
            {"user": "instruction", "input": "input", "assistant": "output"},
        ),
        (
            "Instruction,Context,Response,category",
            {"user": "Instruction", "input": "Context", "assistant": "Response"},
        ),
        ("指令,输入,输出", {"user": "指令", "input": "输入", "assistant": "输出"}),
        ("prompt,chosen,rejected", {"user": "prompt", "chosen": "chosen", "rejected": "rejected"}),
        (
            "system,question,answer,Chosen,Rejected",
            {"system": "system", "user": "question", "chosen": "Chosen", "rejected": "Rejected"},
        ),
        ("prompt,chosen,answer", {"user": "prompt", "assistant": "answer"}),
    ],
)
def test_usual_names(headers, shown):
    assert map_columns(headers.split(","), {}, source="x").shown == shown


def test_every_name_is_found():
    for role, usual in NAMES.items():
        for name in usual:
            other = {
                "user": ["assistant"],
                "assistant": ["user"],
                "chosen": ["user", "rejected"],
                "rejected": ["user", "chosen"],
            }.get(role, ["user", "assistant"])
            headers = [name.upper(), *other]
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


def columns(headers, wanted=None, **options):
    return map_columns(headers.split(","), wanted or {}, source="x", **options)


def test_templates():
    found = columns("title,ask,answer,lang", templates={"user": r"{Title}\n{ask}"})
    assert found.templates == {"user": (0, "\n", 1)}
    assert found.roles == {"assistant": 2}
    assert found.fields == {"lang": 3}
    assert found.shown == {"user": r"{Title}\n{ask}", "assistant": "answer"}
    # A column of a template may be what another part is made of, where no other will do.
    again = columns("question,answer", templates={"assistant": "{answer} ({question})"})
    assert (again.roles, again.fields) == ({"user": 0}, {})
    other = columns("question,title,answer", templates={"system": "About {question}"})
    assert other.roles == {"user": 1, "assistant": 2}
    constant = columns("prompt,completion", templates={"system": "Be kind"})
    assert constant.templates == {"system": ("Be kind",)}


def test_templates_of_columns_that_are_not_there():
    with pytest.raises(UsageError, match="no column `titel`; did you mean `title`") as caught:
        columns("title,answer", templates={"user": "{titel}"})
    assert "`title`, `answer`" in caught.value.hint


def test_no_header():
    found = columns("A,B,C", {"user": "1", "assistant": "c"}, numbered=True)
    assert found.roles == {"user": 0, "assistant": 2}
    with pytest.raises(EvalkitError) as caught:
        columns("A,B,Q", numbered=True)  # letters are no names: no question, no answer
    assert "--columns user=A,assistant=B" in caught.value.hint
    assert columns("A,B", {"user": "B"}, numbered=True).roles == {"user": 1}
    with pytest.raises(EvalkitError, match="no column `4`"):
        columns("A,B,C", {"user": "4"}, numbered=True)
    with pytest.raises(EvalkitError) as caught:
        columns("hello,world")
    assert "--no-header --columns user=A,assistant=B" in caught.value.hint


def test_half_a_pair():
    assert columns("a1,a2,prompt", {"chosen": "a1", "rejected": "a2"}).roles == {
        "chosen": 0, "rejected": 1, "user": 2,
    }  # fmt: skip
    assert columns("prompt,chosen,rejected", {"assistant": "chosen"}).fields == {"rejected": 2}
    with pytest.raises(UsageError, match="`rejected` is named and `chosen` is not"):
        columns("prompt,answer,b", {"rejected": "b"})


def test_a_field_of_any_name():
    assert columns("prompt,completion,n", {"number": "n"}).fields == {"number": 2}
    with pytest.raises(UsageError, match="did you mean `assistant`"):
        columns("prompt,completion,n", {"assistent": "n"})


def test_headers_that_are_alike_go_by_letters():
    found = columns("user,user,assistant")
    assert found.notes == ("the user's text is column `A`; for `B` say --columns user=B",)
    assert (found.roles, found.fields) == ({"user": 0, "assistant": 2}, {"user_b": 1})
    second = columns("user,user,assistant", {"user": "B"})
    assert (second.roles, second.fields) == ({"user": 1, "assistant": 2}, {"user_a": 0})
    assert columns("user,assistant,Note,note").fields == {"note": 2, "note_d": 3}
    # A header that is called so comes first.
    assert columns("user,user,assistant,B", {"user": "B"}).roles["user"] == 3
    with pytest.raises(UsageError, match="no column `D`"):
        columns("user,user,assistant", {"user": "D"})
    with pytest.raises(UsageError, match="no key `B`"):
        columns("user,text,assistant", {"user": "B"}, noun="key")
