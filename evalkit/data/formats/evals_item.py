# SPDX-License-Identifier: Apache-2.0
"""Rows of evaluation sets that graders read: `{"item": {...}}`, every key of it free."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats import evals_row
from evalkit.data.formats._layout import Layout, Row, chat_messages

__all__ = ["build", "evals_item", "matches"]


def matches(value: Row) -> bool:
    """It has `item`, an object."""
    return isinstance(value.get("item"), dict)


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: an item with the messages before the last answer, and that as the ideal.

    Raises:
        ValueError: The last message is not the assistant's or is no text, or nothing comes before
            it.
    """
    return {"item": evals_row.build(conversation)}


def _view(value: Row) -> Iterator[Message]:
    """The conversation of an item that has one in a known place; most have none."""
    item = value.get("item")
    if not isinstance(item, dict):
        return
    if "messages" in item:
        yield from chat_messages(item["messages"], "/item/messages")
    elif evals_row.matches(item):
        for one in evals_row.evals_row.view(item):
            yield Message(one.role, one.content, f"/item{one.pointer}", one.value)


def _fields(value: Row) -> dict[str, Any]:
    """What an item holds beside the conversation: graders read it."""
    item = value.get("item")
    if not isinstance(item, dict):
        return {}
    own = {"messages"} if "messages" in item else {"input", "ideal"}
    return {key: told for key, told in item.items() if key not in own}


evals_item = Layout(
    name="evals-item",
    method="eval",
    keys=frozenset({"item", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    beside="item",
    fields=_fields,
)
