# SPDX-License-Identifier: Apache-2.0
"""Rows of evaluation sets: `{"input": messages or text, "ideal": text}`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import Layout, Row, said, said_under, text_of

__all__ = ["build", "evals_row", "matches"]


def matches(value: Row) -> bool:
    """It has both keys."""
    return "input" in value and "ideal" in value


def build(messages: Sequence[Row], tools: Sequence[Row] = ()) -> dict[str, Any]:  # noqa: ARG001
    """The row: the last answer is the ideal, everything before it the input.

    Raises:
        ValueError: The last message is not the assistant's, or nothing comes before it.
    """
    if len(messages) < 2 or messages[-1].get("role") != "assistant":
        raise ValueError("the last message is not the assistant's")
    return {"input": [dict(m) for m in messages[:-1]], "ideal": text_of(messages[-1])}


def _view(value: Row) -> Iterator[Message]:
    yield from said_under(value, "input", "user")
    ideal = value.get("ideal")
    if isinstance(ideal, list):  # several right answers: the first stands for them
        if ideal:
            yield said("assistant", ideal[0], "/ideal/0")
    elif "ideal" in value:
        yield said("assistant", ideal, "/ideal")


evals_row = Layout(
    name="evals-row",
    method="sft",
    keys=frozenset({"input", "ideal", "metadata"}),
    carries=frozenset({"system", "turns", "calls", "call-ids", "parts", "names"}),
    matches=matches,
    view=_view,
    build=build,
)
