# SPDX-License-Identifier: Apache-2.0
"""Single answers with a verdict (KTO) as LLaMA-Factory takes them.

A chat, ShareGPT or Alpaca row with `kto_tag` (or, as its own demo has it, `label`): true or false.
"""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Message
from evalkit.data.formats import alpaca, sharegpt
from evalkit.data.formats._layout import MEDIA, Layout, Row, chat_messages, said_under
from evalkit.data.formats._turns import spelled_tools

__all__ = ["llama_factory_kto", "matches"]


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


def _view(value: Row) -> Iterator[Message]:
    if "messages" in value:
        yield from chat_messages(value["messages"], "/messages")
    elif "conversations" in value:
        yield from sharegpt.view(value)
    elif "instruction" in value:
        yield from alpaca.asked(value)
        yield from said_under(value, "output", "assistant")


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
    carries=frozenset({"system", "turns", "tools", "calls", "verdicts"}),
    matches=matches,
    view=_view,
    tools=spelled_tools,
)
