# SPDX-License-Identifier: Apache-2.0
"""Rows of blocks, as v1 of LLaMA-Factory takes them (v1/utils/types.py, 0.9.5)."""

from __future__ import annotations

import json

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.llama_factory_v1 import build, llama_factory_v1, read
from evalkit.data.read import open_data

TOOL = {"type": "function", "function": {"name": "天气"}}
ROW = {
    "messages": [
        {"role": "system", "content": [{"type": "text", "value": "s"}], "loss_weight": 0.0},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "value": "1.jpg"},
                {"type": "text", "value": "?"},
                {"type": "video_url", "value": "2.mp4"},
                {"type": "audio_url", "value": "3.wav"},
            ],
            "loss_weight": 0.0,
        },
        {
            "role": "assistant",
            "content": [
                {"type": "reasoning", "value": "hm"},
                {"type": "text", "value": "Let me see."},
                {"type": "tool_call", "value": '{"name": "天气", "arguments": {"城": "北京"}}'},
                {"type": "tool_call", "value": '{"name": "天气", "arguments": {}}'},
            ],
            "loss_weight": 0.0,
        },
        {"role": "tool", "content": [{"type": "text", "value": "晴"}], "loss_weight": 0.0},
        {"role": "tool", "content": [{"type": "text", "value": "雨"}], "loss_weight": 0.0},
        {
            "role": "assistant",
            "content": [{"type": "text", "value": "a"}, {"type": "text", "value": "b"}],
            "loss_weight": 1.0,
        },
    ],
    "tools": json.dumps([TOOL], ensure_ascii=False),
}


def call(number, arguments):
    function = {"name": "天气", "arguments": arguments}
    return {"id": f"call_2_{number}", "type": "function", "function": function}


SAID = Conversation(
    messages=(
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "1.jpg"}},
                {"type": "text", "text": "?"},
                {"type": "video_url", "video_url": {"url": "2.mp4"}},
                {"type": "audio_url", "audio_url": {"url": "3.wav"}},
            ],
        },
        {
            "role": "assistant",
            "content": "Let me see.",
            "tool_calls": [call(0, '{"城": "北京"}'), call(1, "{}")],
            "reasoning_content": "hm",
            "weight": 0,
        },
        {"role": "tool", "tool_call_id": "call_2_0", "content": "晴"},
        {"role": "tool", "tool_call_id": "call_2_1", "content": "雨"},
        {
            "role": "assistant",
            "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}],
        },
    ),
    tools=(TOOL,),
)


def test_a_row_is_read_and_built():
    assert read(ROW) == SAID
    assert build(SAID) == ROW


@pytest.mark.parametrize(
    ("role", "given", "weight"),
    [
        ("assistant", 1.0, None),
        ("assistant", None, None),
        ("assistant", 0.0, 0),
        ("assistant", 0.5, 0.5),
        ("assistant", True, None),
        ("assistant", "0", None),
        ("user", 0.0, None),
        ("user", 1.0, 1),
    ],
)
def test_weights_that_are_not_the_usual_ones(role, given, weight):
    block = {"role": role, "content": [{"type": "text", "value": "x"}], "loss_weight": given}
    [message] = read({"messages": [block]}).messages
    assert message.get("weight") == weight
    if isinstance(given, float):
        assert build(Conversation(messages=(message,)))["messages"] == [block]


def test_losses(lost, converted):
    asked = {"role": "user", "content": "?"}
    messages = [
        {"role": "developer", "content": "d"},
        {**asked, "name": "Al"},
        {"role": "assistant", "content": "!", "weight": 1},
    ]
    assert lost({"messages": messages}, "openai-chat", "llama-factory-v1") == ["names", "roles"]
    messages = [asked, {"role": "critic", "content": "!"}]
    found = converted({"messages": messages}, "openai-chat", "llama-factory-v1")
    assert found.reason == "a role that LLaMA-Factory has no word for"


def test_thoughts_and_weights_go_from_v1_to_chat_and_back(converted, lost):
    there = converted(ROW, "llama-factory-v1", "openai-chat")
    assert there.losses == ()
    assert converted(there.row, "openai-chat", "llama-factory-v1").row == ROW
    assert lost(ROW, "llama-factory-v1", "sharegpt") == [
        "new-call-ids", "reasoning-as-text", "text-parts", "weights",
    ]  # fmt: skip


@pytest.mark.parametrize("content", [None, 7, "x", [7], [{"type": []}], [{"type": "tool_call"}]])
def test_half_a_row_is_no_traceback(content):
    row = {"messages": [{"role": "user", "content": content}, 7]}
    assert len(read(row).messages) == len(llama_factory_v1.messages(row)) == 1


def test_real_rows_come_back(shared, converted):
    rows = list(open_data(shared / "llama-factory-demos/v1_multimodal_demo.jsonl"))
    rows = [one.value for one in rows if one.broken is None]
    assert len(rows) == 24
    for row in rows:
        for to in ("openai-chat", "chat-with-media", "sharegpt", "alpaca"):
            there = converted(row, "llama-factory-v1", to)
            assert there.losses == ()
            back = converted(there.row, to, "llama-factory-v1")
            for message in back.row["messages"]:
                del message["loss_weight"]  # the demo has none
            assert back.row == row
