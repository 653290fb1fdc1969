# SPDX-License-Identifier: Apache-2.0
"""Preference rows of Alibaba's Model Studio and LLaMA-Factory's openai style.

`{"messages": the prompt, "chosen": message, "rejected": message}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import MEDIA, Layout, Row, chat_messages, paired
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats._turns import spelled_tools

__all__ = ["build", "chat_preference", "matches", "read"]


def matches(value: Row) -> bool:
    """It has `messages`, and one message in `chosen` or `rejected`."""
    if "messages" not in value:
        return False
    return isinstance(value.get("chosen"), dict) or isinstance(value.get("rejected"), dict)


def build(conversation: Conversation) -> dict[str, Any]:
    """The row; images stand in columns.

    Raises:
        ValueError: There is only one answer, or one of several messages; or a text says `<image>`
            beside images.
    """
    pair = paired(conversation)
    if len(pair.reply) != 1 or len(pair.rejected) != 1:
        raise ValueError("an answer of several messages does not fit")
    prompt, media = in_columns(pair.prompt, *pair.reply, *pair.rejected)
    (chosen,), (rejected,) = pair.reply, pair.rejected
    row = {"messages": prompt, "chosen": dict(chosen), "rejected": dict(rejected), **media}
    return {**row, "tools": list(pair.tools)} if pair.tools else row


def read(value: Row) -> Conversation:
    """Both answers behind the messages."""
    prompt = in_place([m.value for m in chat_messages(value.get("messages"), "")], value)
    chosen = tuple(m.value for m in chat_messages([value.get("chosen")], ""))
    rejected = tuple(m.value for m in chat_messages([value.get("rejected")], ""))
    tools = tuple(spelled_tools(value))
    return Conversation(messages=(*prompt, *chosen), tools=tools, answer=1, rejected=rejected)


def _view(value: Row) -> Iterator[Message]:
    """The prompt and the preferred answer, which is the one to expect."""
    yield from chat_messages(value.get("messages"), "/messages")
    for message in chat_messages([value.get("chosen")], ""):
        yield Message(message.role, message.content, "/chosen", message.value)


chat_preference = Layout(
    name="chat-preference",
    method="preference",
    keys=MEDIA | {"messages", "chosen", "rejected", "tools", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
