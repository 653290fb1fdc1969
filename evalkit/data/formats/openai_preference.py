# SPDX-License-Identifier: Apache-2.0
"""Preference (DPO) rows: `{"input": {"messages"}, "preferred_output", "non_preferred_output"}`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.example import Message
from evalkit.data.formats._layout import CHAT, Layout, Row, chat_messages

__all__ = ["matches", "openai_preference"]


def matches(value: Row) -> bool:
    """It has one of the two outputs."""
    return "preferred_output" in value or "non_preferred_output" in value


def _view(value: Row) -> Iterator[Message]:
    """The prompt and the preferred answer, which is the one to expect."""
    given = value.get("input")
    if isinstance(given, dict):
        yield from chat_messages(given.get("messages"), "/input/messages")
    yield from chat_messages(value.get("preferred_output"), "/preferred_output")


def _tools(value: Row) -> Sequence[Row]:
    given = value.get("input")
    tools = given.get("tools") if isinstance(given, dict) else None
    return tools if isinstance(tools, list) else ()


openai_preference = Layout(
    name="openai-preference",
    method="preference",
    keys=frozenset({"input", "preferred_output", "non_preferred_output", "metadata"}),
    carries=CHAT | {"rejected"},
    matches=matches,
    view=_view,
    tools=_tools,
)
