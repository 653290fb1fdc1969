# SPDX-License-Identifier: Apache-2.0
"""Reinforcement rows: a prompt in `messages`, and beside it what the grader reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats import openai_chat
from evalkit.data.formats._functions import as_json
from evalkit.data.formats._layout import (
    Layout,
    Row,
    answered,
    chat_messages,
    in_words,
    listed_tools,
)

__all__ = ["build", "matches", "openai_reinforcement", "read"]

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


def build(conversation: Conversation) -> dict[str, Any]:
    """The prompt, with the last answer as `reference_answer`; system becomes developer.

    Raises:
        ValueError: The last message is not the assistant's, or is no text.
    """
    *messages, answer = answered(conversation).messages
    prompt = [
        {**m, "role": "developer"} if m.get("role") == "system" else dict(m) for m in messages
    ]
    row: dict[str, Any] = {"messages": prompt, "reference_answer": in_words(answer)}
    if conversation.tools:
        row["tools"] = list(conversation.tools)
    if conversation.parallel_tool_calls is not None:
        row["parallel_tool_calls"] = conversation.parallel_tool_calls
    return row


def read(value: Row) -> Conversation:
    """The prompt, in which a developer is the system, and behind it the reference answer."""
    said = openai_chat.read(value)
    messages = [
        {**m, "role": "system"} if m.get("role") == "developer" else m for m in said.messages
    ]
    right = value.get("reference_answer")
    if right is not None:
        text = right if isinstance(right, str) else as_json(right)
        messages.append({"role": "assistant", "content": text})
    return replace(said, messages=tuple(messages))


def _view(value: Row) -> Iterator[Message]:
    return chat_messages(value.get("messages"), "/messages")


openai_reinforcement = Layout(
    name="openai-reinforcement",
    method="rft",
    keys=frozenset({"messages", "tools", "parallel_tool_calls", "reference_answer", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    tools=listed_tools,
    read=read,
    beside="top",
)
