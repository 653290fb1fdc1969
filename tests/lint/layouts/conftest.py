# SPDX-License-Identifier: Apache-2.0
"""What tests of a provider's layout share: what lint says of its rows."""

from __future__ import annotations

import json

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.recognise import layout
from evalkit.data.write import json_line
from evalkit.lint.engine import check
from evalkit.lint.settings import Settings

FEW = frozenset({"few-examples", "too-few-examples"})  # of a test's one or two rows
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def _call(number, city):
    spelled = json.dumps({"城": city}, ensure_ascii=False)
    return {
        "id": f"call_{number}",
        "type": "function",
        "function": {"name": "weather", "arguments": spelled},
    }


SIMPLE = Conversation(
    messages=(
        {"role": "system", "content": "你是客服，回答要简短。"},
        {"role": "user", "content": "我的包裹在哪里？"},
        {"role": "assistant", "content": "明天送到。"},
        {"role": "user", "content": "谢谢你！"},
        {"role": "assistant", "content": "不客气。"},
    )
)
CALLING = Conversation(
    messages=(
        {"role": "user", "content": "北京和上海天气如何？"},
        {"role": "assistant", "content": None, "tool_calls": [_call(1, "北京"), _call(2, "上海")]},
        {"role": "tool", "tool_call_id": "call_1", "content": "晴"},
        {"role": "tool", "tool_call_id": "call_2", "content": '{"天气": "雨"}'},
        {"role": "assistant", "content": "北京晴，上海雨。"},
    ),
    tools=(
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "某地的天气",
                "parameters": {
                    "type": "object",
                    "properties": {"城": {"type": "string"}},
                    "required": ["城"],
                },
            },
        },
    ),
)
SHOWING = Conversation(
    messages=(
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "图上是什么？"},
                {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
            ],
        },
        {"role": "assistant", "content": "一个点。"},
    )
)


@pytest.fixture
def found(tmp_path):
    """`found(row, ..., target="vertex")`: rule and pointer of all that lint says, in order."""

    def call(*rows, target=None):
        path = tmp_path / "x.jsonl"
        path.write_bytes(b"".join(json_line(row) + b"\n" for row in rows))
        settings = Settings(targets=(target,)) if target else Settings()
        findings = check([str(path)], settings).findings
        return [(one.name, one.pointer) for one in findings if one.name not in FEW]

    return call


@pytest.fixture
def told():
    """`told("gemini")`: rows of a layout, made from plain, calling and showing conversations."""

    def call(name):
        made = []
        for conversation in (SIMPLE, CALLING, SHOWING):
            try:
                made.append(layout(name).build(conversation))
            except ValueError:
                continue
        assert len(made) > 1
        return made

    return call


@pytest.fixture
def calling():
    """`calling("gemini")`: a row of a layout in which a tool is called twice."""
    return lambda name: layout(name).build(CALLING)
