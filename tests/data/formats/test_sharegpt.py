# SPDX-License-Identifier: Apache-2.0
"""Rows as LLaMA-Factory's data/README.md shows them."""

from __future__ import annotations

import json
import re

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.sharegpt import build, read, sharegpt

TOOL = {"type": "function", "function": {"name": "天气", "parameters": {"type": "object"}}}


def call(name, number, **arguments):
    spelled = json.dumps(arguments, ensure_ascii=False)
    return {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": name, "arguments": spelled},
    }


ROW = {
    "conversations": [
        {"from": "system", "value": "要简短"},
        {"from": "human", "value": "<image>北京天气？"},
        {"from": "function_call", "value": '{"name": "天气", "arguments": {"城": "北京"}}'},
        {"from": "observation", "value": "晴"},
        {"from": "gpt", "value": "晴天。"},
    ],
    "tools": json.dumps([TOOL], ensure_ascii=False),
    "images": ["1.jpg"],
}
SAID = Conversation(
    messages=(
        {"role": "system", "content": "要简短"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "1.jpg"}},
                {"type": "text", "text": "北京天气？"},
            ],
        },
        {"role": "assistant", "content": None, "tool_calls": [call("天气", "2_0", 城="北京")]},
        {"role": "tool", "tool_call_id": "call_2_0", "content": "晴"},
        {"role": "assistant", "content": "晴天。"},
    ),
    tools=(TOOL,),
)


def test_a_row_is_read_and_built():
    assert read(ROW) == SAID
    assert build(SAID) == ROW


def test_several_calls_are_one_turn_and_so_are_their_results():
    calls = [call("f", "1_0", x=1), call("g", "1_1")]
    said = Conversation(
        messages=(
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": None, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "call_1_0", "content": "a"},
            {"role": "tool", "tool_call_id": "call_1_1", "content": "b"},
            {"role": "assistant", "content": "!"},
        )
    )
    row = build(said)
    assert [t["from"] for t in row["conversations"]] == [
        "human", "function_call", "observation", "gpt",
    ]  # fmt: skip
    assert json.loads(row["conversations"][1]["value"]) == [
        {"name": "f", "arguments": {"x": 1}},
        {"name": "g", "arguments": {}},
    ]
    assert row["conversations"][2]["value"] == "a\n</tool_response>\n<tool_response>\nb"
    assert read(row) == said
    # The linter sees both results too, at the turn that holds them.
    seen = sharegpt.messages(row)
    assert [(m.text, m.pointer) for m in seen if m.role == "tool"] == [
        ("a", "/conversations/2"),
        ("b", "/conversations/2"),
    ]


def test_results_that_do_not_match_the_calls_stay_together():
    joined = "a\n</tool_response>\n<tool_response>\nb\n</tool_response>\n<tool_response>\nc"
    calls = '[{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}}]'
    row = {
        "conversations": [
            {"from": "human", "value": "?"},
            {"from": "function_call", "value": calls},
            {"from": "observation", "value": joined},
        ]
    }
    assert [m["content"] for m in read(row).messages[2:]] == [joined]
    assert build(read(row)) == row


def test_thoughts_that_stand_in_the_text_are_not_said_twice(lost):
    said = {"role": "assistant", "content": "<think>hm</think>!", "reasoning_content": "hm"}
    asked = {"role": "user", "content": "?"}
    assert build(Conversation(messages=(asked, said)))["conversations"][1] == {
        "from": "gpt",
        "value": "<think>hm</think>!",
    }
    assert lost({"messages": [asked, said]}, "openai-chat", "sharegpt") == ["reasoning-as-text"]


def test_a_text_and_the_calls_behind_it_are_one_message():
    row = {
        "conversations": [
            {"from": "human", "value": "?"},
            {"from": "gpt", "value": "Let me see."},
            {"from": "function_call", "value": '{"name": "f", "arguments": {}}'},
        ]
    }
    said = read(row)
    assert [m["content"] for m in said.messages] == ["?", "Let me see."]
    assert said.messages[1]["tool_calls"][0]["function"]["name"] == "f"
    assert build(said) == row
    assert [m.pointer[-1] for m in sharegpt.messages(row)] == ["0", "1", "2"]


def test_thoughts_before_a_call_stand_before_its_json(lost):
    value = {
        "messages": [
            {"role": "user", "content": "?"},
            {
                "role": "assistant",
                "content": None,
                "reasoning_content": "hm",
                "tool_calls": [call("f", "1_0")],
            },
            {"role": "tool", "tool_call_id": "call_1_0", "content": "a"},
            {"role": "assistant", "content": "!", "reasoning_content": "so"},
        ]
    }
    row = build(Conversation(messages=tuple(value["messages"])))
    thoughtful, _, answer = row["conversations"][1:]
    assert thoughtful["from"] == "function_call"
    assert thoughtful["value"] == '<think>\nhm\n</think>\n\n{"name": "f", "arguments": {}}'
    assert answer == {"from": "gpt", "value": "<think>\nso\n</think>\n\n!"}
    assert read(row).messages[1]["tool_calls"] == value["messages"][1]["tool_calls"]
    assert lost(value, "openai-chat", "sharegpt") == ["reasoning-as-text"]


def test_arguments_that_are_no_object_stay_the_text_they_are():
    for text in ("{'x': 1}", "[1]", '"a"', "", '{"x": 1e999}', '{"x": 1, "x": 2}'):
        made = {"id": "call_1_0", "type": "function", "function": {"name": "f", "arguments": text}}
        said = Conversation(
            messages=(
                {"role": "user", "content": "?"},
                {"role": "assistant", "content": None, "tool_calls": [made]},
            )
        )
        assert read(build(said)) == said, text


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ({"role": "function", "name": "f", "content": "a"}, "a role that ShareGPT has no word for"),
        ({"role": None, "content": "a"}, "a role that ShareGPT has no word for"),
        (
            {"role": "assistant", "content": None, "function_call": {"name": "f"}},
            "a call in the old form, function_call",
        ),
        ({"role": "assistant", "tool_calls": [{"id": "x"}]}, "a tool call without a function"),
        (
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "<image>"},
                    {"type": "image_url", "image_url": {"url": "a"}},
                ],
            },
            "a text says <image>, which would be taken for one",
        ),
    ],
)
def test_what_does_not_fit_is_refused(message, reason):
    said = Conversation(messages=({"role": "user", "content": "?"}, message))
    with pytest.raises(ValueError, match=re.escape(reason)):
        build(said)


def test_bad_answers_are_refused(converted):
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    found = converted({"messages": messages, "label": False}, "llama-factory-kto", "sharegpt")
    assert found.reason == "its answer is marked as a bad one"


def test_losses(lost):
    messages = [
        {"role": "developer", "content": "d"},
        {"role": "user", "content": [{"type": "text", "text": "a"}], "name": "Al"},
        {"role": "assistant", "content": "x", "weight": 0},
        {"role": "user", "content": "b"},
        {"role": "assistant", "content": "y", "weight": 1, "refusal": None},
    ]
    assert lost({"messages": messages}, "openai-chat", "sharegpt") == ["names", "roles", "weights"]
    fine = {"type": "image_url", "image_url": {"url": "a", "detail": "low"}}
    messages = [{"role": "user", "content": [fine, {"type": "file", "file": {"file_id": "f"}}]}]
    assert lost({"messages": messages}, "openai-chat", "sharegpt") == ["parts"]
    messages = [{"role": "user", "content": [fine]}]
    assert lost({"messages": messages}, "openai-chat", "sharegpt") == ["part-details"]


def test_real_calls_come_back_as_they_were(shared, converted):
    rows = json.loads((shared / "llama-factory-demos/glaive_toolcall_zh_demo.json").read_text())
    for row in rows:
        there = converted(row, "sharegpt", "openai-chat")
        assert there.losses == ()
        back = converted(there.row, "openai-chat", "sharegpt")
        assert back.losses == ()
        assert len(back.row["conversations"]) == len(row["conversations"])
        for old, new in zip(row["conversations"], back.row["conversations"], strict=True):
            assert old["from"] == new["from"]
            calling = old["from"] == "function_call"
            meant = json.loads if calling else str
            assert meant(old["value"]) == meant(new["value"])
