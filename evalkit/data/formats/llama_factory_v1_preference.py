# SPDX-License-Identifier: Apache-2.0
"""Preference rows of LLaMA-Factory's v1: two whole conversations of blocks.

`{"chosen_messages": [...], "rejected_messages": [...]}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats._blocks import block_messages
from evalkit.data.formats._layout import Layout, Row
from evalkit.data.formats._turns import spelled_tools

__all__ = ["llama_factory_v1_preference", "matches"]


def matches(value: Row) -> bool:
    """It has one of the two conversations."""
    return "chosen_messages" in value or "rejected_messages" in value


def _view(value: Row) -> Iterator[Message]:
    """The preferred conversation, which ends with the answer to expect."""
    return block_messages(value.get("chosen_messages"), "/chosen_messages")


llama_factory_v1_preference = Layout(
    name="llama-factory-v1-preference",
    method="preference",
    keys=frozenset(
        {
            "chosen_messages",
            "rejected_messages",
            "tools",
            "extra_info",
            "_dataset_name",
            "metadata",
        }
    ),
    carries=frozenset({"system", "turns", "tools", "calls", "parts", "weights", "rejected"}),
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
