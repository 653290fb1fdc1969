# SPDX-License-Identifier: Apache-2.0
"""Chat rows whose images, videos and sounds stand in columns beside the messages.

`{"messages": [{"role": "user", "content": "<image>Who is it?"}, ...], "images": [path, ...]}`, as
LLaMA-Factory and ms-swift take them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import MEDIA, Layout, Row, chat_messages, learnable
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats._turns import spelled_tools

__all__ = ["build", "chat_with_media", "matches", "read"]


def matches(value: Row) -> bool:
    """It has `messages`, and a column of media."""
    return "messages" in value and not MEDIA.isdisjoint(value)


def build(conversation: Conversation) -> dict[str, Any]:
    """The row, with `images` even where there is none: else it is no row of this layout.

    Raises:
        ValueError: A text says `<image>` beside images, or the answer is marked as a bad one.
    """
    messages, media = in_columns(learnable(conversation).messages)
    row = {"messages": messages, **(media or {"images": []})}
    return {**row, "tools": list(conversation.tools)} if conversation.tools else row


def read(value: Row) -> Conversation:
    """The same conversation, with images in their places."""
    messages = in_place([m.value for m in _view(value)], value)
    return Conversation(messages=messages, tools=tuple(spelled_tools(value)))


def _view(value: Row) -> Iterator[Message]:
    return chat_messages(value.get("messages"), "/messages")


chat_with_media = Layout(
    name="chat-with-media",
    method="sft",
    keys=MEDIA | {"messages", "tools", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
