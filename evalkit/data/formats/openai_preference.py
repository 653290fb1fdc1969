# SPDX-License-Identifier: Apache-2.0
"""Preference (DPO) rows: `{"input": {"messages"}, "preferred_output", "non_preferred_output"}`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation, in_chat_terms
from evalkit.data.formats._layout import Layout, Row, chat_messages, paired

__all__ = ["build", "matches", "openai_preference", "read"]


def matches(value: Row) -> bool:
    """It has one of the two outputs."""
    return "preferred_output" in value or "non_preferred_output" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: what both answers answer, and the two.

    Raises:
        ValueError: There is only one answer, or nothing comes before it.
    """
    pair = paired(conversation)
    given: dict[str, Any] = {"messages": [*map(dict, pair.prompt)]}
    if pair.tools:
        given["tools"] = list(pair.tools)
    if pair.parallel_tool_calls is not None:
        given["parallel_tool_calls"] = pair.parallel_tool_calls
    return {
        "input": given,
        "preferred_output": [*map(dict, pair.reply)],
        "non_preferred_output": [*map(dict, pair.rejected)],
    }


def read(value: Row) -> Conversation:
    """The prompt, the preferred answer behind it, and the other."""
    preferred = [*chat_messages(value.get("preferred_output"), "/preferred_output")]
    rejected = chat_messages(value.get("non_preferred_output"), "/non_preferred_output")
    given = value.get("input")
    parallel = given.get("parallel_tool_calls") if isinstance(given, dict) else None
    return Conversation(
        messages=tuple(map(in_chat_terms, _view(value))),
        tools=tuple(_tools(value)),
        answer=len(preferred) or None,
        rejected=tuple(map(in_chat_terms, rejected)),
        parallel_tool_calls=parallel if isinstance(parallel, bool) else None,
    )


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
    matches=matches,
    view=_view,
    build=build,
    tools=_tools,
    read=read,
)
