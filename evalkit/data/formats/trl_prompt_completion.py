# SPDX-License-Identifier: Apache-2.0
"""Prompt and completion as lists of messages, as TRL takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import CHAT, MEDIA, Layout, Row, said_under
from evalkit.data.formats._turns import spelled_tools

__all__ = ["build", "matches", "trl_prompt_completion"]


def matches(value: Row) -> bool:
    """It has both keys, and one of them holds a list."""
    if "prompt" not in value or "completion" not in value:
        return False
    return isinstance(value["prompt"], list) or isinstance(value["completion"], list)


def build(messages: Sequence[Row], tools: Sequence[Row] = ()) -> dict[str, Any]:
    """The row: the last answer is the completion, everything before it the prompt.

    Raises:
        ValueError: The last message is not the assistant's, or nothing comes before it.
    """
    if len(messages) < 2 or messages[-1].get("role") != "assistant":
        raise ValueError("the last message is not the assistant's")
    *prompt, last = (dict(m) for m in messages)
    row: dict[str, Any] = {"prompt": prompt, "completion": [last]}
    return {**row, "tools": list(tools)} if tools else row


def _view(value: Row) -> Iterator[Message]:
    yield from said_under(value, "prompt", "user")
    yield from said_under(value, "completion", "assistant")


trl_prompt_completion = Layout(
    name="trl-prompt-completion",
    method="sft",
    keys=MEDIA | {"prompt", "completion", "tools", "metadata"},
    carries=CHAT - {"weights"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
)
