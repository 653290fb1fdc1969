# SPDX-License-Identifier: Apache-2.0
"""Legacy rows: `{"prompt": text, "completion": text}`; TRL takes them too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import Layout, Row, exchanges, learnable, said_under

__all__ = ["build", "matches", "prompt_completion"]


def matches(value: Row) -> bool:
    """It has both keys."""
    return "prompt" in value and "completion" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row of a single exchange.

    Raises:
        ValueError: Several turns: an answer without its history teaches the wrong thing.
    """
    _, pairs = exchanges(learnable(conversation).messages)
    if len(pairs) > 1:
        raise ValueError("several turns do not fit into one prompt")
    prompt, completion = pairs[0]
    return {"prompt": prompt, "completion": completion}


def _view(value: Row) -> Iterator[Message]:
    yield from said_under(value, "prompt", "user")
    yield from said_under(value, "completion", "assistant")


prompt_completion = Layout(
    name="prompt-completion",
    method="completion",
    keys=frozenset({"prompt", "completion", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
)
