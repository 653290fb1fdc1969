# SPDX-License-Identifier: Apache-2.0
"""Ranking rows of LLaMA-Factory: `{"instruction", "input", "chosen": text, "rejected": text}`."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats._layout import MEDIA, Layout, Row, said_under
from evalkit.data.formats._turns import spelled_tools
from evalkit.data.formats.alpaca import asked

__all__ = ["alpaca_preference", "matches"]


def matches(value: Row) -> bool:
    """It has `instruction`, `chosen` and `rejected`."""
    return "instruction" in value and "chosen" in value and "rejected" in value


def _view(value: Row) -> Iterator[Message]:
    """The prompt and the preferred answer, which is the one to expect."""
    yield from asked(value)
    yield from said_under(value, "chosen", "assistant")


alpaca_preference = Layout(
    name="alpaca-preference",
    method="preference",
    keys=MEDIA
    | {"instruction", "input", "chosen", "rejected", "system", "history", "tools", "metadata"},
    carries=frozenset({"system", "turns", "rejected"}),
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
