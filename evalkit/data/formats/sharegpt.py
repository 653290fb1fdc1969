# SPDX-License-Identifier: Apache-2.0
"""ShareGPT rows: `{"conversations": [{"from": "human", "value": ...}]}`, tools as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import MEDIA, Layout, Row, learnable, said
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats._turns import joined, spelled_tools, tools_column, turns, turns_of

__all__ = ["build", "matches", "read", "sharegpt", "view"]


def matches(value: Row) -> bool:
    """It has `conversations`."""
    return "conversations" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row; calls are a turn of their own, images stand in columns.

    Raises:
        ValueError: A role that the layout has no word for, a call of no function, a text that says
            `<image>` beside images, or an answer that is marked as a bad one.
    """
    messages, media = in_columns(learnable(conversation).messages)
    return {"conversations": turns_of(messages), **tools_column(conversation.tools), **media}


def view(value: Row) -> Iterator[Message]:
    """The system text and the turns."""
    if isinstance(value.get("system"), str) and value["system"]:
        yield said("system", value["system"], "/system")
    yield from turns(value.get("conversations"), "/conversations")


def read(value: Row) -> Conversation:
    """The same, with a text and the calls behind it as one message, and images in their places."""
    messages = in_place(joined([*view(value)]), value)
    return Conversation(messages=messages, tools=tuple(spelled_tools(value)))


sharegpt = Layout(
    name="sharegpt",
    method="sft",
    keys=MEDIA | {"conversations", "system", "tools", "metadata"},
    matches=matches,
    view=view,
    build=build,
    tools=spelled_tools,
    read=read,
)
