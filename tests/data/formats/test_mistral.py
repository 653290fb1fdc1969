# SPDX-License-Identifier: Apache-2.0
"""Rows as mistral-finetune's README and its tokenize.py take them."""

from __future__ import annotations

import re

import pytest

from evalkit.core.example import Example
from evalkit.core.location import Location
from evalkit.data.conversation import Conversation
from evalkit.data.formats.mistral import build, matches, mistral
from evalkit.data.loss import losses
from evalkit.data.recognise import kind_of, recognise

ASK, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


def call(known, arguments="{}"):
    return {"id": known, "type": "function", "function": {"name": "f", "arguments": arguments}}


ROW = {
    "messages": [
        {"role": "system", "content": "你可以查航班。"},
        {"role": "user", "content": "北京到上海？"},
        {"role": "assistant", "tool_calls": [call("VvvODy9mT", '{"从": "北京"}')]},
        {"role": "tool", "content": '{"n": 1}', "tool_call_id": "VvvODy9mT"},
        {"role": "assistant", "content": "有一班。", "weight": 0},
        {"role": "user", "content": "谢谢"},
        {"role": "assistant", "content": "不客气"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "f", "description": "航班", "parameters": {"type": "object"}},
        }
    ],
}


def test_a_row_is_read_and_built():
    read = mistral.conversation(ROW)
    assert read == Conversation(messages=tuple(ROW["messages"]), tools=tuple(ROW["tools"]))
    assert build(read) == ROW
    assert kind_of(ROW).name == "openai-chat"  # what others read, too


def test_old_keys_are_read():
    row = {
        "system_prompt": "s",
        "interactions": [{"role": "user", "text": "a"}, {"role": "assistant", "text": "b"}],
        "available_tools": ROW["tools"],
    }
    assert kind_of(row) is mistral
    assert [message.pointer for message in mistral.messages(row)] == [
        "/system_prompt", "/interactions/0", "/interactions/1",
    ]  # fmt: skip
    read = mistral.conversation(row)
    assert read.messages == ({"role": "system", "content": "s"}, ASK, ANSWER)
    assert build(read) == {
        "messages": [{"role": "system", "content": "s"}, ASK, ANSWER],
        "tools": ROW["tools"],
    }


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ({"interactions": []}, True),
        ({"messages": [{"role": "user", "text": "a"}]}, True),
        ({"messages": [ASK, {"role": "assistant", "tool_calls": [call("123456789")]}]}, False),
        ({"messages": [{"content": [{"type": "thinking", "thinking": "t"}]}]}, True),
        ({"messages": [{"content": [{"type": "thinking", "thinking": "t", "signature": ""}]}]}, False),
        ({"messages": [ASK, ANSWER]}, False),
        ({"messages": []}, False),
    ],
)  # fmt: skip
def test_what_it_is_known_by(row, known):
    assert matches(row) is known


def test_plain_rows_are_chat_rows():
    assert recognise([{"messages": [ASK, ANSWER]}] * 3).name == "openai-chat"


def test_ids_are_made_anew_and_always_the_same():
    before = Conversation(
        messages=(
            {"role": "assistant", "content": None, "tool_calls": [call("call_甲"), call("ABCdef123")]},
            {"role": "tool", "tool_call_id": "call_甲", "content": "1"},
            {"role": "tool", "tool_call_id": "ABCdef123", "content": "2"},
            {"role": "assistant", "content": None, "tool_calls": [call(None)]},
            {"role": "tool", "content": "3"},
            ANSWER,
        )
    )  # fmt: skip
    row = build(before)
    ids = [c["id"] for m in row["messages"] for c in m.get("tool_calls", ())]
    assert ids == [m["tool_call_id"] for m in row["messages"] if m["role"] == "tool"]
    assert ids[1] == "ABCdef123"
    assert len({*ids}) == 3
    assert all(re.fullmatch("[a-zA-Z0-9]{9}", one) for one in ids)
    assert build(before) == row
    lost = losses(before, mistral.conversation(row))
    assert [one.feature for one in lost] == ["new-call-ids"]


def test_new_ids_are_those_of_the_rule_s_fix():
    from evalkit.data.recognise import layout
    from evalkit.lint.rules.tools.tool_call_id_format import tool_call_id_format

    calling = {"role": "assistant", "content": None, "tool_calls": [call("call_1")]}
    value = {"messages": [calling, {"role": "tool", "tool_call_id": "call_1", "content": "7"}]}
    row = Example(Location(source="x"), b"", value, layout("openai-chat"))
    [fault] = tool_call_id_format.function(row, tool_call_id_pattern="^[a-zA-Z0-9]{9}$")
    made = build(layout("openai-chat").conversation(value))
    assert {*fault.fix.edits.values()} == {made["messages"][1]["tool_call_id"]}


def test_thoughts_are_a_part():
    before = Conversation(messages=(ASK, {**ANSWER, "reasoning_content": "想"}))
    row = build(before)
    parts = [{"type": "thinking", "thinking": "想"}, {"type": "text", "text": "b"}]
    assert row["messages"][1]["content"] == parts
    assert kind_of(row) is mistral
    assert mistral.conversation(row) == before


def test_thoughts_as_the_service_gives_them_are_read():
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "想"}]}
    told = {"role": "assistant", "content": [thought, {"type": "text", "text": "b"}]}
    [message] = mistral.conversation({"messages": [told]}).messages
    assert message == {**ANSWER, "reasoning_content": "想"}


def test_sounds_and_images():
    sound = {"type": "input_audio", "input_audio": {"data": "UklG", "format": "wav"}}
    image = {"type": "image_url", "image_url": {"url": "https://x/1.png", "detail": "low"}}
    before = Conversation(messages=({"role": "user", "content": [sound, image]}, ANSWER))
    row = build(before)
    assert row["messages"][0]["content"] == [
        {"type": "input_audio", "input_audio": "data:audio/wav;base64,UklG"},
        image,
    ]
    assert losses(before, mistral.conversation(row)) == ()
    short = {"role": "user", "content": [{"type": "image_url", "image_url": "https://x/1.png"}]}
    [message] = mistral.conversation({"messages": [short]}).messages
    assert message["content"] == [{"type": "image_url", "image_url": {"url": "https://x/1.png"}}]


def test_what_it_refuses_is_not_written():
    before = Conversation(
        messages=(
            {"role": "system", "content": "一"},
            {"role": "developer", "content": "二"},
            {**ASK, "name": "小明", "id": 7},
            {**ANSWER, "refusal": "x", "weight": 1},
        ),
        tools=({"type": "function", "function": {"name": "f"}},),
    )
    row = build(before)
    assert row["messages"] == [
        {"role": "system", "content": "一\n二"}, ASK, {**ANSWER, "weight": 1},
    ]  # fmt: skip
    parameters = {"type": "object", "properties": {}}
    function = {"name": "f", "description": "", "parameters": parameters}
    assert row["tools"] == [{"type": "function", "function": function}]
    lost = losses(before, mistral.conversation(row))
    assert [one.feature for one in lost] == ["system-place", "names", "other-keys", "refusals"]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"role": "system", "content": "s"}], "nothing but a system prompt"),
        ([{"role": "critic", "content": "s"}], "a role that Mistral has no word for"),
        ([{"role": "assistant", "tool_calls": [{}]}], "without a function"),
    ],
)
def test_what_does_not_fit_is_refused(messages, reason):
    with pytest.raises(ValueError, match=reason):
        build(Conversation(messages=tuple(messages)))


def test_results_without_ids_are_those_of_the_calls_in_turn():
    before = Conversation(
        messages=(
            {"role": "assistant", "content": None, "tool_calls": [call(None), call(None)]},
            {"role": "tool", "content": "1"},
            {"role": "tool", "content": "2"},
            ANSWER,
        )
    )
    asked, first, second, _ = build(before)["messages"]
    ids = [one["id"] for one in asked["tool_calls"]]
    assert ids == [first["tool_call_id"], second["tool_call_id"]]
    assert ids[0] != ids[1]
