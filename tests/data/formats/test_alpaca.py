# SPDX-License-Identifier: Apache-2.0
"""Rows as LLaMA-Factory's data/README.md shows them."""

from __future__ import annotations

import json

import pytest

from evalkit.data.conversation import Conversation
from evalkit.data.formats.alpaca import alpaca, build, read

TOOL = {"type": "function", "function": {"name": "f"}}
ROW = {
    "instruction": "<image>三加四？",
    "input": "",
    "output": "七",
    "system": "要简短",
    "history": [["一加一？", "二"]],
    "tools": json.dumps([TOOL]),
    "images": ["1.jpg"],
}
SAID = Conversation(
    messages=(
        {"role": "system", "content": "要简短"},
        {"role": "user", "content": "一加一？"},
        {"role": "assistant", "content": "二"},
        {
            "role": "user",
            "content": [
                {"type": "image_url", "image_url": {"url": "1.jpg"}},
                {"type": "text", "text": "三加四？"},
            ],
        },
        {"role": "assistant", "content": "七"},
    ),
    tools=(TOOL,),
)


def test_a_row_is_read_and_built():
    assert read(ROW) == SAID
    assert build(SAID) == ROW
    assert [m.pointer for m in alpaca.messages(ROW)][-2:] == ["/instruction", "/output"]


def test_instruction_and_input_are_one_question():
    said = read({"instruction": "Add.", "input": "3 and 4", "output": "7"})
    assert said.messages[0] == {"role": "user", "content": "Add.\n3 and 4"}
    assert build(said) == {"instruction": "Add.\n3 and 4", "input": "", "output": "7"}


Q, A = {"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([Q], "the turns are not question and answer in turn"),
        ([Q, Q, A], "the turns are not question and answer in turn"),
        (
            [Q, A, {"role": "system", "content": "s"}],
            "the turns are not question and answer in turn",
        ),
        (
            [Q, {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}],
            "tool calls have no place there",
        ),
    ],
)
def test_what_does_not_fit_is_refused(converted, messages, reason):
    assert converted({"messages": messages}, "openai-chat", "alpaca").reason == reason


def test_losses(lost):
    system = {"role": "system", "content": "s"}
    assert lost({"messages": [system, system, Q, A]}, "openai-chat", "alpaca") == ["system-place"]
    thoughtful = {**A, "reasoning_content": "hm"}
    assert lost({"messages": [Q, thoughtful]}, "openai-chat", "alpaca") == ["reasoning-as-text"]
    assert lost({"messages": [{**Q, "name": "Al"}, A]}, "openai-chat", "alpaca") == ["names"]


@pytest.mark.parametrize("to", ["openai-chat", "sharegpt", "llama-factory-v1"])
def test_real_rows_come_back(shared, converted, to):
    rows = json.loads((shared / "llama-factory-demos/alpaca_zh_demo.json").read_text())
    assert len(rows) == 1000
    for row in rows:
        there = converted(row, "alpaca", to)
        assert there.losses == ()
        back = converted(there.row, to, "alpaca")
        assert back.losses == ()
        assert back.row["output"] == row["output"]
        joint = "\n" if row["input"] and row["instruction"] else ""
        assert back.row["instruction"] == row["instruction"] + joint + row["input"]
