# SPDX-License-Identifier: Apache-2.0
"""Alpaca rows: `instruction`, `input`, `output`, and LLaMA-Factory's `system` and `history`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import (
    MEDIA,
    Layout,
    Row,
    exchanges,
    learnable,
    said,
    said_under,
)  # fmt: skip
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats._turns import spelled_tools, tools_column

__all__ = ["alpaca", "asked", "build", "matches", "read"]


def matches(value: Row) -> bool:
    """It has `instruction` and `output`."""
    return "instruction" in value and "output" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: the last exchange, those before it as history.

    Raises:
        ValueError: The turns are not question and answer in turn, a tool is called, a text says
            `<image>` beside images, or the answer is marked as a bad one.
    """
    messages, media = in_columns(learnable(conversation).messages)
    system, pairs = exchanges(messages)
    *earlier, (question, answer) = pairs
    row: dict[str, Any] = {"instruction": question, "input": "", "output": answer}
    if system:
        row["system"] = system
    if earlier:
        row["history"] = [list(pair) for pair in earlier]
    return {**row, **tools_column(conversation.tools), **media}


def read(value: Row) -> Conversation:
    """The same conversation, with images in their places."""
    messages = in_place([m.value for m in _view(value)], value)
    return Conversation(messages=messages, tools=tuple(spelled_tools(value)))


def asked(value: Row) -> Iterator[Message]:
    """Everything before the answer: system text, history and the question."""
    if isinstance(value.get("system"), str) and value["system"]:
        yield said("system", value["system"], "/system")
    history = value.get("history")
    for index, pair in enumerate(history if isinstance(history, list) else ()):
        if isinstance(pair, list) and len(pair) == 2:
            yield said("user", pair[0], f"/history/{index}/0")
            yield said("assistant", pair[1], f"/history/{index}/1")
    question, more = value.get("instruction"), value.get("input")
    if isinstance(question, str) and isinstance(more, str) and more:
        # As LLaMA-Factory joins them (data/converter.py, AlpacaDatasetConverter, read 2026-08).
        question = f"{question}\n{more}" if question else more
    if "instruction" in value:
        yield said("user", question, "/instruction")


def _view(value: Row) -> Iterator[Message]:
    yield from asked(value)
    yield from said_under(value, "output", "assistant")


alpaca = Layout(
    name="alpaca",
    method="sft",
    # `text`: the whole prompt once more, as the first Alpaca sets have it.
    keys=MEDIA
    | {"instruction", "input", "output", "system", "history", "tools", "text", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
