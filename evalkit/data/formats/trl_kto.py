# SPDX-License-Identifier: Apache-2.0
"""Single answers with a verdict (KTO): `{"prompt", "completion", "label": true or false}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats import trl_prompt_completion
from evalkit.data.formats._layout import MEDIA, Layout, Row, judged, said_under
from evalkit.data.formats._turns import spelled_tools

__all__ = ["build", "matches", "read", "trl_kto"]


def matches(value: Row) -> bool:
    """It has all three, and the label is true or false."""
    return "prompt" in value and "completion" in value and isinstance(value.get("label"), bool)


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: the last answer is the completion, everything before it the prompt.

    Raises:
        ValueError: Nothing says whether the answer is a good one, or nothing comes before it.
    """
    label = judged(conversation)
    row = trl_prompt_completion.build(replace(conversation, verdict=True))  # it takes no bad ones
    return {**row, "label": label}


def read(value: Row) -> Conversation:
    """The conversation and its verdict."""
    label = value.get("label")
    verdict = label if isinstance(label, bool) else None
    return replace(trl_prompt_completion.read(value), verdict=verdict)


def _view(value: Row) -> Iterator[Message]:
    yield from said_under(value, "prompt", "user")
    yield from said_under(value, "completion", "assistant")


trl_kto = Layout(
    name="trl-kto",
    method="preference",
    keys=MEDIA | {"prompt", "completion", "label", "tools", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
    judged=True,
)
