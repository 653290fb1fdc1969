# SPDX-License-Identifier: Apache-2.0
"""Alpaca rows: `instruction`, `input`, `output`, and LLaMA-Factory's `system` and `history`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import MEDIA, Layout, Row, exchanges, said, said_under
from evalkit.data.formats._turns import spelled_tools

__all__ = ["alpaca", "asked", "build", "matches"]


def matches(value: Row) -> bool:
    """It has `instruction` and `output`."""
    return "instruction" in value and "output" in value


def build(messages: Sequence[Row], tools: Sequence[Row] = ()) -> dict[str, Any]:  # noqa: ARG001
    """The row: the last exchange, those before it as history.

    Raises:
        ValueError: The turns are not question and answer in turn.
    """
    system, pairs = exchanges(messages)
    *earlier, (question, answer) = pairs
    row: dict[str, Any] = {"instruction": question, "input": "", "output": answer}
    if system:
        row["system"] = system
    if earlier:
        row["history"] = [list(pair) for pair in earlier]
    return row


def asked(value: Row) -> Iterator[Message]:
    """Everything before the answer: system text, history and the question."""
    if isinstance(value.get("system"), str) and value["system"]:
        yield said("system", value["system"], "/system")
    history = value.get("history")
    for index, pair in enumerate(history if isinstance(history, list) else ()):
        if isinstance(pair, list) and len(pair) == 2:
            yield said("user", pair[0], f"/history/{index}/0")
            yield said("assistant", pair[1], f"/history/{index}/1")
    question, more = value.get("instruction"), value.get("input")
    if isinstance(question, str) and isinstance(more, str) and more:
        # As LLaMA-Factory joins them (data/converter.py, AlpacaDatasetConverter, read 2026-08).
        question = f"{question}\n{more}" if question else more
    if "instruction" in value:
        yield said("user", question, "/instruction")


def _view(value: Row) -> Iterator[Message]:
    yield from asked(value)
    yield from said_under(value, "output", "assistant")


alpaca = Layout(
    name="alpaca",
    method="sft",
    # `text`: the whole prompt once more, as the first Alpaca sets have it.
    keys=MEDIA
    | {"instruction", "input", "output", "system", "history", "tools", "text", "metadata"},
    carries=frozenset({"system", "turns"}),
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
)
