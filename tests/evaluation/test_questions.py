# SPDX-License-Identifier: Apache-2.0
"""Which assistant messages of a data set are asked for, and with what before them."""

from __future__ import annotations

import json

import pytest

from evalkit.core.errors import UsageError
from evalkit.data.read import TableOptions
from evalkit.evaluation.questions import questions

SYSTEM = {"role": "system", "content": "Be brief."}


def user(text):
    return {"role": "user", "content": text}


def said(text, **more):
    return {"role": "assistant", "content": text, **more}


def call(name, arguments="{}", place=1):
    function = {"name": name, "arguments": arguments}
    return {"id": f"c{place}", "type": "function", "function": function}


def calls(*made):
    return {"role": "assistant", "content": None, "tool_calls": list(made)}


def result(text, place=1):
    return {"role": "tool", "tool_call_id": f"c{place}", "content": text}


CHAT = [SYSTEM, user("One?"), said("1."), user("Two?"), said("2."), user("Three?"), said("3.")]
TOOLS = [
    user("Weather in 北京?"),
    calls(call("weather", '{"city": "北京"}')),
    result("sunny"),
    said("It is sunny."),
]


@pytest.fixture
def asked(tmp_path):
    """`asked([messages, ...], turns="all")`: the questions of these conversations."""

    def make(*conversations, slices=(), limit=None, **how):
        path = tmp_path / "test.jsonl"
        rows = (c if isinstance(c, dict) else {"messages": c} for c in conversations)
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
        return questions(path, table=TableOptions(), slices=slices, limit=limit, **how)

    return make


def test_the_last_turn_is_asked_by_default(asked):
    (only,) = asked(CHAT)
    assert only.messages == CHAT[:-1]
    assert only.expected == "3."
    assert only.cluster == only.id
    assert asked(CHAT, turns="last") == [only]


def test_each_turn_is_asked_with_the_datas_own_history(asked):
    found = asked(CHAT, turns="all")
    assert [q.expected for q in found] == ["1.", "2.", "3."]
    assert [list(q.messages) for q in found] == [CHAT[:2], CHAT[:4], CHAT[:6]]
    assert len({q.id for q in found}) == 3
    assert len({q.cluster for q in found}) == 1
    assert [len(q.history) for q in found] == [2, 4, 6]
    # The last one is the very question that is asked by default: same name, same stored answer.
    assert found[-1].id == asked(CHAT)[0].id


def test_names_are_those_of_the_prompts_wherever_they_stand(asked):
    other = [user("Else?"), said("No.")]
    alone, second = asked(CHAT, turns="all"), asked(other, CHAT, turns="all")[1:]
    assert [q.id for q in alone] == [q.id for q in second]
    assert alone[0].cluster == second[0].cluster


def test_the_same_conversation_twice_is_one_cluster(asked):
    found = asked(CHAT, CHAT, turns="all")
    assert len({q.id for q in found}) == 6
    assert found[3].id == f"{found[0].id}-2"
    assert len({q.cluster for q in found}) == 1


def test_turns_of_weight_0_are_history_and_never_asked(asked):
    chat = [
        user("One?"), said("1.", weight=0), user("Two?"), said("2.", weight=1), user("Three?"),
        said("3.", weight=0),
    ]  # fmt: skip
    (only,) = asked(chat, turns="all")
    assert only.expected == "2."
    assert [m["content"] for m in only.messages] == ["One?", "1.", "Two?"]
    assert not any("weight" in m for m in only.messages)
    with pytest.raises(UsageError, match="line 1 ends in an answer of weight 0"):
        asked(chat)
    with pytest.raises(UsageError, match="line 2 has no assistant's answer to ask for"):
        asked(CHAT, [user("One?"), said("1.", weight=0)], turns="all")


def test_tool_calls_are_asked_for_and_kept(asked):
    (only,) = asked(CHAT, TOOLS, turns="tool-calls")  # a chat without calls is no fault
    assert (only.expected, list(only.messages)) == ("", TOOLS[:1])
    assert only.expected_calls == (call("weather", '{"city": "北京"}'),)
    both = asked(TOOLS, turns="all")
    assert [q.expected for q in both] == ["", "It is sunny."]
    assert [len(q.expected_calls) for q in both] == [1, 0]
    assert list(both[1].messages) == TOOLS[:3]


def test_several_calls_at_once_and_calls_of_old(asked):
    (found,) = asked(
        [user("Both?"), calls(call("a"), call("b", place=2)), result("1"), result("2", 2)],
        turns="tool-calls",
    )
    assert [c["function"]["name"] for c in found.expected_calls] == ["a", "b"]
    old = {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}}
    (found,) = asked([user("Hi"), old], turns="tool-calls")
    assert found.expected_calls == (
        {"type": "function", "function": {"name": "f", "arguments": "{}"}},
    )


def test_what_cannot_be_asked_is_told(asked):
    with pytest.raises(UsageError, match=r"line 1 ends in a tool call \(turns: tool-calls"):
        asked(TOOLS[:2])
    with pytest.raises(UsageError, match="no assistant message calls a tool") as caught:
        asked(CHAT, turns="tool-calls")
    assert "turns: last" in caught.value.hint
    with pytest.raises(UsageError, match="line 1 has no assistant's answer"):
        asked([user("Hi")], turns="all")
    with pytest.raises(UsageError, match="does not end in an assistant's answer"):
        asked([user("Hi")])
    with pytest.raises(UsageError, match="has no examples"):
        asked()


@pytest.mark.parametrize("turns", ["last", "all", "tool-calls"])
def test_an_unreadable_row_is_told_whatever_is_asked(asked, tmp_path, turns):
    asked(TOOLS, turns="all")
    with (tmp_path / "test.jsonl").open("ab") as stream:
        stream.write(b'\n{"messages": [\n')
    with pytest.raises(UsageError, match="line 3 is not readable"):
        questions(tmp_path / "test.jsonl", table=TableOptions(), slices=(), limit=None, turns=turns)


def test_a_conversation_may_go_on_after_the_last_answer(asked):
    found = asked([*CHAT, user("Bye.")], turns="all")
    assert [q.expected for q in found] == ["1.", "2.", "3."]


def test_slices_are_of_the_turn(asked):
    chat = [user("你好吗？"), said("好。"), user("Tell me a long story, please, " * 9), said("No.")]
    found = asked(chat, CHAT, slices=["language", "length"], turns="all")
    assert [q.slices["language"] for q in found] == ["han", "latin", "latin", "latin", "latin"]
    assert [q.slices["length"] for q in found][:2] == ["short", "long"]


def test_a_limit_is_of_conversations(asked):
    found = asked(CHAT, TOOLS, CHAT, limit=2, turns="all")
    assert len(found) == 5
    assert len({q.cluster for q in found}) == 2


def test_other_layouts_come_through_their_view(asked):
    sharegpt = {
        "conversations": [
            {"from": "human", "value": "One?"},
            {"from": "gpt", "value": "1."},
            {"from": "human", "value": "Two?"},
            {"from": "gpt", "value": "2."},
        ]
    }
    found = asked(sharegpt, turns="all")
    assert [q.expected for q in found] == ["1.", "2."]
    assert found[1].messages == [user("One?"), said("1."), user("Two?")]
    claude = {
        "system": "Be brief.",
        "messages": [
            user("Weather?"),
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "c1", "name": "w", "input": {"at": "北京"}}],
            },
        ],
    }
    (only,) = asked(claude, turns="tool-calls")
    (made,) = only.expected_calls
    assert made["function"]["name"] == "w"
    assert json.loads(made["function"]["arguments"]) == {"at": "北京"}
    assert [m["role"] for m in only.messages] == ["system", "user"]
