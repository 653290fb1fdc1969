# SPDX-License-Identifier: Apache-2.0
"""Chat rows of OpenAI and all who follow it: `{"messages": [{"role", "content"}, ...]}`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import CHAT, Layout, Row, chat_messages, listed_tools

__all__ = ["build", "matches", "openai_chat"]


def matches(value: Row) -> bool:
    """It has `messages`."""
    return "messages" in value


def build(messages: Sequence[Row], tools: Sequence[Row] = ()) -> dict[str, Any]:
    """The row: everything is carried as it is."""
    row: dict[str, Any] = {"messages": [dict(m) for m in messages]}
    return {**row, "tools": list(tools)} if tools else row


def _view(value: Row) -> Iterator[Message]:
    return chat_messages(value.get("messages"), "/messages")


openai_chat = Layout(
    name="openai-chat",
    method="sft",
    keys=frozenset({"messages", "tools", "parallel_tool_calls", "functions", "metadata"}),
    carries=CHAT,
    matches=matches,
    view=_view,
    build=build,
    tools=listed_tools,
)
