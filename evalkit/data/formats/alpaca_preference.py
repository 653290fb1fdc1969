# SPDX-License-Identifier: Apache-2.0
"""Ranking rows of LLaMA-Factory: `{"instruction", "input", "chosen": text, "rejected": text}`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import MEDIA, Layout, Row, exchanges, paired, said_under
from evalkit.data.formats._media import in_columns, in_place
from evalkit.data.formats._turns import spelled_tools, tools_column
from evalkit.data.formats.alpaca import asked

__all__ = ["alpaca_preference", "build", "matches", "read"]


def matches(value: Row) -> bool:
    """It has `instruction`, `chosen` and `rejected`."""
    return "instruction" in value and "chosen" in value and "rejected" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: the last question with both answers, the exchanges before it as history.

    Raises:
        ValueError: There is only one answer, or one of several messages; the turns are not question
            and answer in turn; else as for Alpaca.
    """
    pair = paired(conversation)
    prompt, media = in_columns(pair.prompt, *pair.reply, *pair.rejected)
    system, pairs = exchanges([*prompt, *pair.reply])
    *earlier, (question, chosen) = pairs
    *_, (_, rejected) = exchanges([*prompt, *pair.rejected])[1]
    row: dict[str, Any] = {
        "instruction": question,
        "input": "",
        "chosen": chosen,
        "rejected": rejected,
    }
    if system:
        row["system"] = system
    if earlier:
        row["history"] = [list(pair) for pair in earlier]
    return {**row, **tools_column(conversation.tools), **media}


def read(value: Row) -> Conversation:
    """Both answers behind the question."""
    prompt = in_place([m.value for m in asked(value)], value)
    chosen = tuple(m.value for m in said_under(value, "chosen", "assistant"))
    rejected = tuple(m.value for m in said_under(value, "rejected", "assistant"))
    tools = tuple(spelled_tools(value))
    return Conversation(messages=(*prompt, *chosen), tools=tools, answer=1, rejected=rejected)


def _view(value: Row) -> Iterator[Message]:
    """The prompt and the preferred answer, which is the one to expect."""
    yield from asked(value)
    yield from said_under(value, "chosen", "assistant")


alpaca_preference = Layout(
    name="alpaca-preference",
    method="preference",
    keys=MEDIA
    | {"instruction", "input", "chosen", "rejected", "system", "history", "tools", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
