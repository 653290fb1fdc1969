# SPDX-License-Identifier: Apache-2.0
"""Ranking rows in ShareGPT's words: `conversations`, and `chosen` and `rejected` as turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats import _turns
from evalkit.data.formats._layout import MEDIA, Layout, Row, paired
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats._turns import joined, spelled_tools, tools_column, turns_of
from evalkit.data.formats.sharegpt import view

__all__ = ["build", "matches", "read", "sharegpt_preference"]


def matches(value: Row) -> bool:
    """It has `conversations`, `chosen` and `rejected`."""
    return "conversations" in value and "chosen" in value and "rejected" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row; each answer is one turn, a text or calls.

    Raises:
        ValueError: There is only one answer, or one that takes several turns; else as for ShareGPT.
    """
    pair = paired(conversation)
    prompt, media = in_columns(pair.prompt, *pair.reply, *pair.rejected)
    return {
        "conversations": turns_of(prompt),
        "chosen": _turn(pair.reply),
        "rejected": _turn(pair.rejected),
        **tools_column(pair.tools),
        **media,
    }


def _turn(answer: tuple[Row, ...]) -> dict[str, str]:
    made = turns_of(answer)
    if len(made) != 1:
        raise ValueError("an answer of several turns does not fit")
    return made[0]


def read(value: Row) -> Conversation:
    """Both answers behind the conversation."""
    prompt = in_place(joined([*view(value)]), value)
    chosen, rejected = (
        tuple(m.value for m in _turns.turns([value.get(key)], "")) for key in ("chosen", "rejected")
    )
    tools = tuple(spelled_tools(value))
    return Conversation(messages=(*prompt, *chosen), tools=tools, answer=1, rejected=rejected)


def _view(value: Row) -> Iterator[Message]:
    """The conversation and the preferred answer, which is the one to expect."""
    yield from view(value)
    for message in _turns.turns([value.get("chosen")], ""):
        yield Message(message.role, message.content, "/chosen", message.value)


sharegpt_preference = Layout(
    name="sharegpt-preference",
    method="preference",
    keys=MEDIA | {"conversations", "chosen", "rejected", "system", "tools", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
