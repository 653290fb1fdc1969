# SPDX-License-Identifier: Apache-2.0
"""Rows of LLaMA-Factory's v1: `{"messages": [{"role", "content": [{"type", "value"}]}]}`."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats._blocks import block_messages, holds_blocks
from evalkit.data.formats._layout import Layout, Row
from evalkit.data.formats._turns import spelled_tools

__all__ = ["llama_factory_v1", "matches"]


def matches(value: Row) -> bool:
    """It has `messages`, and a content of blocks with `value` in them."""
    return "messages" in value and holds_blocks(value["messages"])


def _view(value: Row) -> Iterator[Message]:
    return block_messages(value.get("messages"), "/messages")


llama_factory_v1 = Layout(
    name="llama-factory-v1",
    method="sft",
    keys=frozenset({"messages", "tools", "extra_info", "_dataset_name", "metadata"}),
    carries=frozenset({"system", "turns", "tools", "calls", "parts", "weights"}),
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
