# SPDX-License-Identifier: Apache-2.0
"""Preference rows of Alibaba's Model Studio and LLaMA-Factory's openai style.

`{"messages": the prompt, "chosen": message, "rejected": message}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats._layout import CHAT, MEDIA, Layout, Row, chat_messages
from evalkit.data.formats._turns import spelled_tools

__all__ = ["chat_preference", "matches"]


def matches(value: Row) -> bool:
    """It has `messages`, and one message in `chosen` or `rejected`."""
    if "messages" not in value:
        return False
    return isinstance(value.get("chosen"), dict) or isinstance(value.get("rejected"), dict)


def _view(value: Row) -> Iterator[Message]:
    """The prompt and the preferred answer, which is the one to expect."""
    yield from chat_messages(value.get("messages"), "/messages")
    for message in chat_messages([value.get("chosen")], ""):
        yield Message(message.role, message.content, "/chosen", message.value)


chat_preference = Layout(
    name="chat-preference",
    method="preference",
    keys=MEDIA | {"messages", "chosen", "rejected", "tools", "metadata"},
    carries=CHAT | {"rejected"},
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
