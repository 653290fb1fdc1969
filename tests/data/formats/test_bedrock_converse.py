# SPDX-License-Identifier: Apache-2.0
"""Rows as Amazon's pages on tuning Nova and on Converse show them."""

from __future__ import annotations

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.bedrock_converse import bedrock_converse, build, matches
from evalkit.data.loss import losses
from evalkit.data.recognise import kind_of

ROW = {
    "schemaVersion": "bedrock-conversation-2024",
    "system": [{"text": "你是一个友好的数字助手"}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "图上是哪里？天气怎么样？"},
                {
                    "image": {
                        "format": "jpeg",
                        "source": {
                            "s3Location": {"uri": "s3://b/1.jpg", "bucketOwner": "111122223333"}
                        },
                    }
                },
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "是北京"}}},
                {"text": "我查一下。"},
                {"toolUse": {"toolUseId": "tooluse_1", "name": "weather", "input": {"城": "北京"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "tooluse_1", "content": [{"text": "超时"}], "status": "error"}},
                {"text": "再说吧。"},
            ],
        },
        {"role": "assistant", "content": [{"text": "好。"}]},
    ],
    "toolConfig": {
        "tools": [
            {
                "toolSpec": {
                    "name": "weather",
                    "description": "天气",
                    "inputSchema": {"json": {"type": "object", "properties": {"城": {"type": "string"}}}},
                }
            }
        ]
    },
}  # fmt: skip
SAID = Conversation(
    messages=(
        {"role": "system", "content": "你是一个友好的数字助手"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "图上是哪里？天气怎么样？"},
                {
                    "type": "image_url",
                    "image_url": {"url": "s3://b/1.jpg", "bucketOwner": "111122223333"},
                },
            ],
        },
        {
            "role": "assistant",
            "content": "我查一下。",
            "reasoning_content": "是北京",
            "tool_calls": [
                {
                    "id": "tooluse_1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"城": "北京"}'},
                }
            ],
        },
        {"role": "tool", "content": "超时", "tool_call_id": "tooluse_1", "is_error": True},
        {"role": "user", "content": "再说吧。"},
        {"role": "assistant", "content": "好。"},
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
    assert bedrock_converse.conversation(ROW) == SAID
    assert build(SAID) == ROW
    pointers = [message.pointer for message in bedrock_converse.messages(ROW)]
    assert pointers == [
        "/system/0", "/messages/0", "/messages/1", "/messages/2/content/0", "/messages/2",
        "/messages/3",
    ]  # fmt: skip


def test_results_in_json_are_texts():
    result = {"toolUseId": "a", "content": [{"json": {"城": "北京"}}, {"text": "x"}]}
    [message] = bedrock_converse.conversation(
        {"messages": [{"role": "user", "content": [{"toolResult": result}]}]}
    ).messages
    assert [part["text"] for part in message["content"]] == ['{"城": "北京"}', "x"]


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ({"schemaVersion": "x", "messages": []}, True),
        ({"toolConfig": {}, "messages": []}, True),
        ({"system": [{"text": "s"}], "messages": []}, True),
        ({"messages": [{"role": "user", "content": [{"image": {"format": "png"}}]}]}, True),
        ({"messages": [{"role": "user", "content": [{"toolResult": {}}]}]}, True),
        ({"messages": [{"role": "user", "content": [{"image": "x.png"}]}]}, False),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, False),
        ({"system": [{"type": "text", "text": "s"}], "messages": []}, False),
    ],
)
def test_what_it_is_known_by(row, known):
    assert matches(row) is known


@pytest.mark.parametrize(
    ("block", "shown"),
    [
        (
            {"image": {"format": "png", "source": {"bytes": "iVBO"}}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
        ),
        (
            {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://b/1"}}}},
            {"type": "image_url", "image_url": {"url": "s3://b/1", "format": "image/png"}},
        ),
        (
            {"video": {"format": "three_gp", "source": {"s3Location": {"uri": "s3://b/v.3gp"}}}},
            {"type": "video_url", "video_url": {"url": "s3://b/v.3gp"}},
        ),
        (
            {"audio": {"format": "mp3", "source": {"bytes": "SUQz"}}},
            {"type": "input_audio", "input_audio": {"data": "SUQz", "format": "mp3"}},
        ),
        (
            {"document": {"format": "pdf", "name": "合同", "source": {"bytes": "JVBE"}}},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "合同"}},
        ),
        (
            {"document": {"format": "docx", "name": "a", "source": {"bytes": "UEsD"}}},
            {"type": "document", "document": {"format": "docx", "name": "a", "source": {"bytes": "UEsD"}}},
        ),
        ({"cachePoint": {"type": "default"}}, {"type": "cachePoint", "cachePoint": {"type": "default"}}),
    ],
)  # fmt: skip
def test_blocks_are_read_and_built(block, shown):
    row = {
        "schemaVersion": "bedrock-conversation-2024",
        "messages": [{"role": "user", "content": [{"text": "看"}, block]}],
    }
    read = bedrock_converse.conversation(row)
    assert read.messages[0]["content"] == [{"type": "text", "text": "看"}, shown]
    assert build(read) == row


def test_an_image_that_lies_elsewhere_is_lost():
    part = {"type": "image_url", "image_url": {"url": "https://x/1.png"}}
    before = Conversation(messages=({"role": "user", "content": [part]},))
    lost = losses(before, bedrock_converse.conversation(build(before)))
    assert [one.feature for one in lost] == ["parts"]


def test_ids_that_the_service_refuses_are_made_anew():
    call = {"id": "调用 1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    before = Conversation(
        messages=(
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "调用 1", "content": "7"},
            {"role": "assistant", "content": "7"},
        )
    )
    row = build(before)
    new = row["messages"][0]["content"][0]["toolUse"]["toolUseId"]
    assert new.startswith("tooluse_")
    assert row["messages"][1]["content"][0]["toolResult"]["toolUseId"] == new
    assert row == build(before)
    lost = losses(before, bedrock_converse.conversation(row))
    assert [one.feature for one in lost] == ["new-call-ids"]


def test_a_function_without_parameters_and_one_with_an_empty_description():
    tools = tuple(
        {"type": "function", "function": one} for one in ({"name": "f"}, {"name": "g", "description": ""})
    )  # fmt: skip
    before = Conversation(messages=({"role": "assistant", "content": "b"},), tools=tools)
    row = build(before)
    schema = {"json": {"type": "object", "properties": {}}}
    assert row["toolConfig"]["tools"] == [
        {"toolSpec": {"name": "f", "inputSchema": schema}},
        {"toolSpec": {"name": "g", "inputSchema": schema}},
    ]
    assert losses(before, bedrock_converse.conversation(row)) == ()


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([{"role": "developer", "content": "s"}], "nothing but a system prompt"),
        ([{"role": "critic", "content": "s"}], "a role that Converse has no word for"),
        (
            [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "x"}}]}],
            "no JSON object",
        ),
    ],
)
def test_what_does_not_fit_is_refused(messages, reason):
    with pytest.raises(ValueError, match=reason):
        build(Conversation(messages=tuple(messages)))


def test_it_is_known_by_itself():
    assert kind_of(ROW) is bedrock_converse
