# SPDX-License-Identifier: Apache-2.0
"""Rows as Amazon's page on tuning Claude and Anthropic's on tool use show them."""

from __future__ import annotations

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.anthropic import anthropic, build, matches
from evalkit.data.loss import losses
from evalkit.data.recognise import kind_of

ROW = {
    "system": "你是一个助手。",
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "图上的城市天气如何？"},
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"},
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "是北京", "signature": ""},
                {"type": "text", "text": "我查一下。"},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"城": "北京"}},
                {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "晴"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "缺城市", "is_error": True},
                {"type": "text", "text": "快点"},
            ],
        },
        {"role": "assistant", "content": "晴。"},
    ],
    "tools": [
        {
            "name": "weather",
            "description": "天气",
            "input_schema": {"type": "object", "properties": {"城": {"type": "string"}}},
        }
    ],
}  # fmt: skip


def call(known, arguments):
    return {
        "id": known,
        "type": "function",
        "function": {"name": "weather", "arguments": arguments},
    }


SAID = Conversation(
    messages=(
        {"role": "system", "content": "你是一个助手。"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "图上的城市天气如何？"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
            ],
        },
        {
            "role": "assistant",
            "content": "我查一下。",
            "reasoning_content": "是北京",
            "tool_calls": [call("toolu_1", '{"城": "北京"}'), call("toolu_2", "{}")],
        },
        {"role": "tool", "content": "晴", "tool_call_id": "toolu_1"},
        {"role": "tool", "content": "缺城市", "tool_call_id": "toolu_2", "is_error": True},
        {"role": "user", "content": "快点"},
        {"role": "assistant", "content": "晴。"},
    ),
    tools=(
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "天气",
                "parameters": {"type": "object", "properties": {"城": {"type": "string"}}},
            },
        },
    ),
)


def test_a_row_is_read_and_built():
    assert anthropic.conversation(ROW) == SAID
    assert build(SAID) == ROW
    assert kind_of(ROW) is anthropic
    pointers = [message.pointer for message in anthropic.messages(ROW)]
    assert pointers == [
        "/system", "/messages/0", "/messages/1", "/messages/2/content/0", "/messages/2/content/1",
        "/messages/2", "/messages/3",
    ]  # fmt: skip


ASK, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ({"system": "s", "messages": [ASK, ANSWER]}, True),
        ({"system": [{"type": "text", "text": "s"}], "messages": [ASK, ANSWER]}, True),
        ({"system": "s", "messages": [{"role": "system", "content": "t"}, ASK]}, False),
        ({"messages": [ASK, ANSWER]}, False),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, True),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}, True),
        ({"messages": [{"role": "user", "content": [{"type": "image", "image": "x"}]}]}, False),
        ({"messages": [ASK], "tools": [{"name": "f", "input_schema": {}}]}, True),
        ({"messages": [ASK], "tools": [{"type": "function", "function": {}}]}, False),
        ({"system": "s"}, False),
    ],
)
def test_what_it_is_known_by(row, known):
    assert matches(row) is known


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        (
            {"type": "image", "source": {"type": "url", "url": "https://x/猫"}},
            {"type": "image_url", "image_url": {"url": "https://x/猫"}},
        ),
        (
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
                "title": "合同",
            },
            {
                "type": "file",
                "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "合同"},
            },
        ),
        (
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
        ),
        ({"type": "search_result", "title": "t"}, {"type": "search_result", "title": "t"}),
    ],
)
def test_blocks_are_read_and_built(block, shown):
    row = {"messages": [{"role": "user", "content": [{"type": "text", "text": "看"}, block]}]}
    read = anthropic.conversation(row)
    assert read.messages[0]["content"] == [{"type": "text", "text": "看"}, shown]
    assert build(read) == row


def test_system_prompts_are_one():
    before = Conversation(
        messages=(
            {"role": "system", "content": "一"},
            ASK,
            {"role": "developer", "content": "二"},
            ANSWER,
        )
    )
    row = build(before)
    assert row["system"] == [{"type": "text", "text": "一"}, {"type": "text", "text": "二"}]
    lost = losses(before, anthropic.conversation(row))
    assert [one.feature for one in lost] == ["system-place"]


def test_a_refusal_is_what_is_said():
    refused = {"role": "assistant", "content": None, "refusal": "不行"}
    row = build(Conversation(messages=(ASK, refused)))
    assert row["messages"][1] == {"role": "assistant", "content": "不行"}


def test_a_tool_of_anthropic_s_own_is_kept():
    own = {"type": "web_search_20250305", "name": "web_search", "max_uses": 5}
    row = {"messages": [ASK, ANSWER], "tools": [own]}
    read = anthropic.conversation(row)
    assert read.tools == ({"type": own["type"], own["type"]: own},)
    assert build(read) == row


def test_signatures_and_hints_to_caches_are_left_out():
    block = {"type": "text", "text": "a", "cache_control": {"type": "ephemeral"}}
    thought = {"type": "thinking", "thinking": "t", "signature": "EqQB"}
    text = {"type": "text", "text": "b"}
    row = {
        "messages": [
            {"role": "user", "content": [block]},
            {"role": "assistant", "content": [thought, {"type": "redacted_thinking"}, text]},
        ]
    }
    answer = {"role": "assistant", "content": "b", "reasoning_content": "t"}
    assert anthropic.conversation(row).messages == (ASK, answer)


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"role": "system", "content": "s"}], "nothing but a system prompt"),
        ([{"role": "critic", "content": "s"}], "a role that Claude has no word for"),
        ([{"role": "assistant", "tool_calls": [call("a", "[]")]}], "no JSON object"),
    ],
)
def test_what_does_not_fit_is_refused(messages, reason):
    with pytest.raises(ValueError, match=reason):
        build(Conversation(messages=tuple(messages)))
