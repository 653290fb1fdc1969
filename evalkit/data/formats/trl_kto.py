# SPDX-License-Identifier: Apache-2.0
"""Single answers with a verdict (KTO): `{"prompt", "completion", "label": true or false}`."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats._layout import CHAT, MEDIA, Layout, Row, said_under
from evalkit.data.formats._turns import spelled_tools

__all__ = ["matches", "trl_kto"]


def matches(value: Row) -> bool:
    """It has all three, and the label is true or false."""
    return "prompt" in value and "completion" in value and isinstance(value.get("label"), bool)


def _view(value: Row) -> Iterator[Message]:
    yield from said_under(value, "prompt", "user")
    yield from said_under(value, "completion", "assistant")


trl_kto = Layout(
    name="trl-kto",
    method="preference",
    keys=MEDIA | {"prompt", "completion", "label", "tools", "metadata"},
    carries=CHAT | {"verdicts"},
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
