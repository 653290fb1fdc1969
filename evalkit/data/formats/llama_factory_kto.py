# SPDX-License-Identifier: Apache-2.0
"""Single answers with a verdict (KTO) as LLaMA-Factory takes them.

A chat, ShareGPT or Alpaca row with `kto_tag` (or, as its own demo and ms-swift have it, `label`):
true or false.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats import alpaca, sharegpt
from evalkit.data.formats._layout import (
    MEDIA,
    Layout,
    Row,
    chat_messages,
    judged,
    said,
    said_under,
)
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats._turns import spelled_tools

__all__ = ["build", "llama_factory_kto", "matches", "read"]


def matches(value: Row) -> bool:
    """A row with `kto_tag`, or a conversation with an answer and a label that is true or false."""
    if "kto_tag" in value:
        return "messages" in value or "conversations" in value or "instruction" in value
    if not isinstance(value.get("label"), bool):
        return False
    messages = value.get("messages")
    if isinstance(messages, list) and messages:
        last = messages[-1]
        return isinstance(last, dict) and last.get("role") == "assistant"
    return "conversations" in value or ("instruction" in value and "output" in value)


def build(conversation: Conversation) -> dict[str, Any]:
    """A chat row with `label`.

    Raises:
        ValueError: Nothing says whether the answer is a good one; or a text says `<image>` beside
            images.
    """
    label = judged(conversation)
    messages, media = in_columns(conversation.messages)
    row = {"messages": messages, "label": label, **media}
    return {**row, "tools": list(conversation.tools)} if conversation.tools else row


def read(value: Row) -> Conversation:
    """The conversation and its verdict."""
    if "messages" not in value and "conversations" in value:
        told = sharegpt.read(value)
    else:
        messages = in_place([m.value for m in _view(value)], value)
        told = Conversation(messages=messages, tools=tuple(spelled_tools(value)))
    verdict = value.get("kto_tag", value.get("label"))
    return replace(told, verdict=verdict if isinstance(verdict, bool) else None)


def _view(value: Row) -> Iterator[Message]:
    if "messages" in value:
        yield from _system(value)
        yield from chat_messages(value["messages"], "/messages")
    elif "conversations" in value:
        yield from sharegpt.view(value)
    elif "instruction" in value:
        yield from alpaca.asked(value)
        yield from said_under(value, "output", "assistant")


def _system(value: Row) -> Iterator[Message]:
    """The column that LLaMA-Factory reads where the first message is not the system's."""
    first = next(chat_messages(value["messages"], ""), None)
    text = value.get("system")
    if isinstance(text, str) and text and (first is None or first.role != "system"):
        yield said("system", text, "/system")


llama_factory_kto = Layout(
    name="llama-factory-kto",
    method="preference",
    keys=MEDIA
    | {
        "messages",
        "conversations",
        "instruction",
        "input",
        "output",
        "system",
        "history",
        "tools",
        "label",
        "kto_tag",
        "metadata",
    },
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
    judged=True,
)
