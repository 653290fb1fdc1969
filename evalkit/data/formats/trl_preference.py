# SPDX-License-Identifier: Apache-2.0
"""Preference rows of TRL: `{"prompt", "chosen", "rejected"}`, each a text or messages.

Without `prompt`, both answers hold it ("implicit prompt" in TRL's words).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation, shared
from evalkit.data.formats._layout import MEDIA, Layout, Row, paired, said_under
from evalkit.data.formats._media import in_place
from evalkit.data.formats._trl import answer_of, heard, prompt_of
from evalkit.data.formats._turns import spelled_tools

__all__ = ["build", "matches", "read", "trl_preference"]


def matches(value: Row) -> bool:
    """It has `chosen` and `rejected`."""
    return "chosen" in value and "rejected" in value


def build(conversation: Conversation) -> dict[str, Any]:
    """The row, its prompt apart from the answers.

    Raises:
        ValueError: There is only one answer, or nothing comes before it.
    """
    pair = paired(conversation)
    prompt, images = prompt_of(pair.prompt)
    row: dict[str, Any] = {
        "prompt": prompt,
        "chosen": answer_of(pair.reply),
        "rejected": answer_of(pair.rejected),
        **images,
    }
    return {**row, "tools": list(pair.tools)} if pair.tools else row


def read(value: Row) -> Conversation:
    """Both answers behind the prompt, which is what they share where it stands in them."""
    chosen, rejected = (heard(value, key, "assistant") for key in ("chosen", "rejected"))
    prompt = heard(value, "prompt", "user")
    if _whole(value.get("chosen")):
        both = shared(chosen, rejected)
        prompt, chosen, rejected = chosen[:both], chosen[both:], rejected[both:]
    messages = (*in_place(prompt, value, marked=False), *chosen)
    tools = tuple(spelled_tools(value))
    return Conversation(
        messages=messages, tools=tools, answer=len(chosen) or None, rejected=rejected
    )


def _view(value: Row) -> Iterator[Message]:
    """The prompt and the preferred answer, which is the one to expect."""
    if not _whole(value.get("chosen")):
        yield from said_under(value, "prompt", "user")
    yield from said_under(value, "chosen", "assistant")


def _whole(chosen: Any) -> bool:
    """Whether the answer is the whole conversation: then the prompt stands in it once more."""
    first = chosen[0] if isinstance(chosen, list) and chosen else None
    return isinstance(first, dict) and first.get("role") in ("system", "developer", "user")


trl_preference = Layout(
    name="trl-preference",
    method="preference",
    keys=MEDIA | {"prompt", "chosen", "rejected", "tools", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
