# SPDX-License-Identifier: Apache-2.0
"""Chat rows whose images, videos and sounds stand in columns beside the messages.

`{"messages": [{"role": "user", "content": "<image>Who is it?"}, ...], "images": [path, ...]}`, as
LLaMA-Factory, ms-swift and TRL take them.
"""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats._layout import MEDIA, Layout, Row, chat_messages
from evalkit.data.formats._turns import spelled_tools

__all__ = ["chat_with_media", "matches"]


def matches(value: Row) -> bool:
    """It has `messages`, and a column of media."""
    return "messages" in value and not MEDIA.isdisjoint(value)


def _view(value: Row) -> Iterator[Message]:
    return chat_messages(value.get("messages"), "/messages")


chat_with_media = Layout(
    name="chat-with-media",
    method="sft",
    keys=MEDIA | {"messages", "tools", "metadata"},
    carries=frozenset({"system", "turns", "tools", "calls", "call-ids", "names", "weights"}),
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
