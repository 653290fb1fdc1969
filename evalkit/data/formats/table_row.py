# SPDX-License-Identifier: Apache-2.0
"""One exchange in columns, `system`, `user` and `assistant`: what people see in a spreadsheet.

It is written only: what is read from such columns is chat (`data.table`), also from rows of JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import Layout, Row, exchanges, said

__all__ = ["build", "matches", "table_row"]


def matches(value: Row) -> bool:
    """It has `user` and `assistant`."""
    return "user" in value and "assistant" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row of a single exchange.

    Raises:
        ValueError: Several turns, which have no place in one row, or an answer that is marked as a
            bad one.
    """
    if conversation.verdict is False:
        raise ValueError("its answer is marked as a bad one")
    system, pairs = exchanges(conversation.messages)
    if len(pairs) > 1:
        raise ValueError("several turns do not fit into one row of a table (--to openai-chat does)")
    question, answer = pairs[0]
    row = {"user": question, "assistant": answer}
    return {"system": system, **row} if system else row


def _view(value: Row) -> Iterator[Message]:
    if isinstance(value.get("system"), str) and value["system"]:
        yield said("system", value["system"], "/system")
    for role in ("user", "assistant"):
        if role in value:
            yield said(role, value[role], f"/{role}")


table_row = Layout(
    name="table-row",
    method="sft",
    keys=frozenset({"system", "user", "assistant"}),
    matches=matches,
    view=_view,
    build=build,
    beside="top",
)
