# SPDX-License-Identifier: Apache-2.0
"""Preference rows of TRL: `{"prompt", "chosen", "rejected"}`, each a text or messages.

Without `prompt`, both answers hold it ("implicit prompt" in TRL's words).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import CHAT, MEDIA, Layout, Row, said_under
from evalkit.data.formats._turns import spelled_tools

__all__ = ["matches", "trl_preference"]


def matches(value: Row) -> bool:
    """It has `chosen` and `rejected`."""
    return "chosen" in value and "rejected" in value


def _view(value: Row) -> Iterator[Message]:
    """The prompt and the preferred answer, which is the one to expect."""
    if not _whole(value.get("chosen")):
        yield from said_under(value, "prompt", "user")
    yield from said_under(value, "chosen", "assistant")


def _whole(chosen: Any) -> bool:
    """Whether the answer is the whole conversation: then the prompt stands in it once more."""
    first = chosen[0] if isinstance(chosen, list) and chosen else None
    return isinstance(first, dict) and first.get("role") in ("system", "user")


trl_preference = Layout(
    name="trl-preference",
    method="preference",
    keys=MEDIA | {"prompt", "chosen", "rejected", "tools", "metadata"},
    carries=CHAT | {"rejected"},
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
