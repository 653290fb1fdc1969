# SPDX-License-Identifier: Apache-2.0
"""Conversations that are written in a provider's layout and read by the provider's own code."""

from __future__ import annotations

import json

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.recognise import layout
from evalkit.data.write import json_line

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
TOOLS = (
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "某地的天气",
            "parameters": {
                "type": "object",
                "properties": {
                    "城": {"type": "string", "description": "City", "enum": ["北京", "上海"]},
                    "days": {"type": "integer", "minimum": 1},
                },
                "required": ["城"],
            },
        },
    },
    {
        "type": "function",
        "function": {
            "name": "strict_one",
            "description": "Takes nothing else.",
            "parameters": {
                "type": "object",
                "properties": {"x": {"type": ["number", "null"]}},
                "additionalProperties": False,
            },
        },
    },
)


def called(known, name, **arguments):
    spelled = json.dumps(arguments, ensure_ascii=False)
    return {"id": known, "type": "function", "function": {"name": name, "arguments": spelled}}


PLAIN = Conversation(
    messages=(
        {"role": "system", "content": "你是客服。"},
        {"role": "user", "content": "我的包裹在哪里？"},
        {"role": "assistant", "content": "明天到。"},
        {"role": "user", "content": "谢谢"},
        {"role": "assistant", "content": "不客气！"},
    )
)
CALLING = Conversation(
    messages=(
        {"role": "user", "content": "北京和上海的天气？"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                called("call_1", "get_weather", 城="北京"),
                called("call_2", "get_weather", 城="上海", days=2),
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": '{"t": 7}'},
        {"role": "tool", "tool_call_id": "call_2", "content": "晴"},
        {"role": "assistant", "content": "北京7度，上海晴。"},
    ),
    tools=TOOLS,
)
SHOWING = Conversation(
    messages=(
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "这是什么？"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
            ],
        },
        {"role": "assistant", "content": "一个点。"},
    )
)
THINKING = Conversation(
    messages=(
        {"role": "user", "content": "6 x 7?"},
        {"role": "assistant", "content": "42", "reasoning_content": "六七四十二"},
    )
)
NAMED = {"plain": PLAIN, "calling": CALLING, "showing": SHOWING, "thinking": THINKING}


@pytest.fixture(params=sorted(NAMED))
def conversation(request):
    return NAMED[request.param]


@pytest.fixture
def showing():
    """A conversation with an image."""
    return SHOWING


@pytest.fixture
def row():
    """`row("gemini", conversation)`: as a reader of the file gets it."""

    def call(name, conversation):
        return json.loads(json_line(layout(name).build(conversation)))

    return call
