# SPDX-License-Identifier: Apache-2.0
"""Chat rows of OpenAI and all who follow it: `{"messages": [{"role", "content"}, ...]}`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation, in_chat_terms
from evalkit.data.formats._functions import call_of, tool_of
from evalkit.data.formats._layout import Layout, Row, chat_messages, learnable, listed_tools

__all__ = ["build", "matches", "openai_chat", "read"]


def matches(value: Row) -> bool:
    """It has `messages`."""
    return "messages" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: everything is carried as it is.

    Raises:
        ValueError: The row says that its answer is a bad one.
    """
    learnable(conversation)
    row: dict[str, Any] = {"messages": [dict(m) for m in conversation.messages]}
    if conversation.tools:
        row["tools"] = list(conversation.tools)
    if conversation.parallel_tool_calls is not None:
        row["parallel_tool_calls"] = conversation.parallel_tool_calls
    return row


def read(value: Row) -> Conversation:
    """What a row says; functions, as tools were called until 2023-11, are tools."""
    messages = tuple(map(in_chat_terms, _view(value)))
    tools: Sequence[Row] = listed_tools(value)
    if "functions" in value or any(map(_is_former, messages)):
        functions = value.get("functions")
        defined = functions if isinstance(functions, list) else []
        tools = [*tools, *(tool_of(f) for f in defined if isinstance(f, Mapping))]
        messages = tuple(_renewed(messages))
    parallel = value.get("parallel_tool_calls")
    return Conversation(
        messages=messages,
        tools=tuple(tools),
        parallel_tool_calls=parallel if isinstance(parallel, bool) else None,
    )


def _is_former(message: Row) -> bool:
    return "function_call" in message or message.get("role") == "function"


def _renewed(messages: Sequence[Row]) -> Iterator[Row]:
    """Messages with calls that have an id, and results that name it: the first of that name."""
    waiting: list[tuple[str, Any]] = []
    made = 0
    for message in messages:
        if not _is_former(message):
            yield message
            continue
        said = {key: told for key, told in message.items() if key != "function_call"}
        if isinstance(call := message.get("function_call"), Mapping):
            made += 1
            waiting.append((f"call_{made}", call.get("name")))
            one = call_of(call.get("name"), call.get("arguments"), f"call_{made}")
            calls = said.get("tool_calls")
            said["tool_calls"] = [*calls, one] if isinstance(calls, list) else [one]
        if message.get("role") == "function":
            said["role"] = "tool"
            name = said.get("name")
            if fits := [w for w in waiting if w[1] == name or name is None]:
                waiting.remove(fits[0])
                said.pop("name", None)
                said["tool_call_id"] = fits[0][0]
        yield said


def _view(value: Row) -> Iterator[Message]:
    return chat_messages(value.get("messages"), "/messages")


openai_chat = Layout(
    name="openai-chat",
    method="sft",
    keys=frozenset({"messages", "tools", "parallel_tool_calls", "functions", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    tools=listed_tools,
    read=read,
)
