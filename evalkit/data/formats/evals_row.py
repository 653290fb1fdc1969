# SPDX-License-Identifier: Apache-2.0
"""Rows of evaluation sets: `{"input": messages or text, "ideal": text}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import Layout, Row, answered, in_words, said, said_under

__all__ = ["build", "evals_row", "matches"]


def matches(value: Row) -> bool:
    """It has both keys."""
    return "input" in value and "ideal" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: the last answer is the ideal, everything before it the input.

    Raises:
        ValueError: The last message is not the assistant's or is no text, or nothing comes before
            it.
    """
    *asked, answer = answered(conversation).messages
    return {"input": [dict(m) for m in asked], "ideal": in_words(answer)}


def _view(value: Row) -> Iterator[Message]:
    yield from said_under(value, "input", "user")
    ideal = value.get("ideal")
    if isinstance(ideal, list):  # several right answers: the first stands for them
        if ideal:
            yield said("assistant", ideal[0], "/ideal/0")
    elif "ideal" in value:
        yield said("assistant", ideal, "/ideal")


def _fields(value: Row) -> dict[str, Any]:
    """The right answers, where there are others than the one that stands for them."""
    ideal = value.get("ideal")
    return {"ideal": ideal} if isinstance(ideal, list) and ideal[1:] else {}


evals_row = Layout(
    name="evals-row",
    method="sft",
    keys=frozenset({"input", "ideal", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    fields=_fields,
)
