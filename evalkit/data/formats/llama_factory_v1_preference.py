# SPDX-License-Identifier: Apache-2.0
"""Preference rows of LLaMA-Factory's v1: two whole conversations of blocks.

`{"chosen_messages": [...], "rejected_messages": [...]}`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation, shared
from evalkit.data.formats._blocks import block_messages, blocks_of, heard
from evalkit.data.formats._layout import Layout, Row, paired
from evalkit.data.formats._turns import spelled_tools, tools_column

__all__ = ["build", "llama_factory_v1_preference", "matches", "read"]


def matches(value: Row) -> bool:
    """It has one of the two conversations."""
    return "chosen_messages" in value or "rejected_messages" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row, with the prompt in both conversations.

    Raises:
        ValueError: There is only one answer, or nothing comes before it; else as for v1.
    """
    pair = paired(conversation)
    return {
        "chosen_messages": blocks_of(pair.messages),
        "rejected_messages": blocks_of([*pair.prompt, *pair.rejected]),
        **tools_column(pair.tools),
    }


def read(value: Row) -> Conversation:
    """What both conversations share is the prompt; the answers are what differs."""
    chosen, rejected = heard(value.get("chosen_messages")), heard(value.get("rejected_messages"))
    both = shared(chosen, rejected)
    return Conversation(
        messages=chosen,
        tools=tuple(spelled_tools(value)),
        answer=len(chosen) - both or None,
        rejected=rejected[both:],
    )


def _view(value: Row) -> Iterator[Message]:
    """The preferred conversation, which ends with the answer to expect."""
    return block_messages(value.get("chosen_messages"), "/chosen_messages")


llama_factory_v1_preference = Layout(
    name="llama-factory-v1-preference",
    method="preference",
    keys=frozenset({"chosen_messages", "rejected_messages", "tools", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
