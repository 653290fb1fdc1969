# SPDX-License-Identifier: Apache-2.0
"""Rows of LLaMA-Factory's v1: `{"messages": [{"role", "content": [{"type", "value"}]}]}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._blocks import block_messages, blocks_of, heard, holds_blocks
from evalkit.data.formats._layout import Layout, Row, learnable
from evalkit.data.formats._turns import spelled_tools, tools_column

__all__ = ["build", "llama_factory_v1", "matches", "read"]


def matches(value: Row) -> bool:
    """It has `messages`, and a content of blocks with `value` in them."""
    return "messages" in value and holds_blocks(value["messages"])


def build(conversation: Conversation) -> dict[str, Any]:
    """The row, tools as JSON text.

    Raises:
        ValueError: A role that the layout has no word for, a call of no function, or an answer that
            is marked as a bad one.
    """
    messages = blocks_of(learnable(conversation).messages)
    return {"messages": messages, **tools_column(conversation.tools)}


def read(value: Row) -> Conversation:
    """The same conversation, a text that stands alone as a text."""
    messages = heard(value.get("messages"))
    return Conversation(messages=messages, tools=tuple(spelled_tools(value)))


def _view(value: Row) -> Iterator[Message]:
    return block_messages(value.get("messages"), "/messages")


llama_factory_v1 = Layout(
    name="llama-factory-v1",
    method="sft",
    keys=frozenset({"messages", "tools", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
