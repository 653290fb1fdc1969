# SPDX-License-Identifier: Apache-2.0
"""Reinforcement rows: a prompt in `messages`, and beside it what the grader reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import CHAT, Layout, Row, chat_messages, listed_tools, text_of

__all__ = ["build", "matches", "openai_reinforcement"]

# Keys that name or sort a row; a grader needs another.
_BOOKKEEPING = frozenset(
    {
        "messages",
        "tools",
        "parallel_tool_calls",
        "functions",
        "metadata",
        "id",
        "source",
        "lang",
        "language",
        "split",
        "dataset",
        "weight",
    }
)


def matches(value: Row) -> bool:
    """A prompt without the answer, and a key beside it that a grader can read.

    One such row may be a chat row that lost its answer: `recognise` asks the first rows together.
    """
    messages = value.get("messages")
    if not isinstance(messages, list) or not messages or _BOOKKEEPING.issuperset(value):
        return False
    last = messages[-1]
    return isinstance(last, dict) and last.get("role") != "assistant"


def build(messages: Sequence[Row], tools: Sequence[Row] = ()) -> dict[str, Any]:
    """The prompt, with the last answer as `reference_answer`; system becomes developer.

    Raises:
        ValueError: The last message is not the assistant's.
    """
    if not messages or messages[-1].get("role") != "assistant":
        raise ValueError("the last message is not the assistant's")
    prompt = [
        {**m, "role": "developer"} if m.get("role") == "system" else dict(m) for m in messages[:-1]
    ]
    row: dict[str, Any] = {"messages": prompt, "reference_answer": text_of(messages[-1])}
    return {**row, "tools": list(tools)} if tools else row


def _view(value: Row) -> Iterator[Message]:
    return chat_messages(value.get("messages"), "/messages")


openai_reinforcement = Layout(
    name="openai-reinforcement",
    method="rft",
    keys=frozenset({"messages", "tools", "parallel_tool_calls", "metadata"}),
    carries=CHAT - {"weights", "refusals"},
    matches=matches,
    view=_view,
    build=build,
    tools=listed_tools,
)
