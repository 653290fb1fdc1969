# SPDX-License-Identifier: Apache-2.0
"""Ranking rows in ShareGPT's words: `conversations`, and `chosen` and `rejected` as turns."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats import _turns
from evalkit.data.formats._layout import MEDIA, Layout, Row
from evalkit.data.formats._turns import spelled_tools
from evalkit.data.formats.sharegpt import view

__all__ = ["matches", "sharegpt_preference"]


def matches(value: Row) -> bool:
    """It has `conversations`, `chosen` and `rejected`."""
    return "conversations" in value and "chosen" in value and "rejected" in value


def _view(value: Row) -> Iterator[Message]:
    """The conversation and the preferred answer, which is the one to expect."""
    yield from view(value)
    for message in _turns.turns([value.get("chosen")], ""):
        yield Message(message.role, message.content, "/chosen", message.value)


sharegpt_preference = Layout(
    name="sharegpt-preference",
    method="preference",
    keys=MEDIA | {"conversations", "chosen", "rejected", "system", "tools", "metadata"},
    carries=frozenset({"system", "turns", "tools", "calls", "rejected"}),
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
