# SPDX-License-Identifier: Apache-2.0
"""Prompt and completion as lists of messages, as TRL takes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import Conversation
from evalkit.data.formats._layout import MEDIA, Layout, Row, answered, said_under
from evalkit.data.formats._media import in_place
from evalkit.data.formats._trl import answer_of, heard, prompt_of
from evalkit.data.formats._turns import spelled_tools

__all__ = ["build", "matches", "read", "trl_prompt_completion"]


def matches(value: Row) -> bool:
    """It has both keys, and one of them holds a list."""
    if "prompt" not in value or "completion" not in value:
        return False
    return isinstance(value["prompt"], list) or isinstance(value["completion"], list)


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: the last answer is the completion, everything before it the prompt.

    Raises:
        ValueError: The last message is not the assistant's, nothing comes before it, or the answer
            is marked as a bad one.
    """
    said = answered(conversation)
    prompt, images = prompt_of(said.prompt)
    row: dict[str, Any] = {"prompt": prompt, "completion": answer_of(said.reply), **images}
    return {**row, "tools": list(said.tools)} if said.tools else row


def read(value: Row) -> Conversation:
    """The prompt with its images, and the answer, which may be several messages."""
    answer = heard(value, "completion", "assistant")
    messages = in_place((*heard(value, "prompt", "user"), *answer), value, marked=False)
    tools = tuple(spelled_tools(value))
    return Conversation(messages=messages, tools=tools, answer=len(answer) or None)


def _view(value: Row) -> Iterator[Message]:
    yield from said_under(value, "prompt", "user")
    yield from said_under(value, "completion", "assistant")


trl_prompt_completion = Layout(
    name="trl-prompt-completion",
    method="sft",
    keys=MEDIA | {"prompt", "completion", "tools", "metadata"},
    matches=matches,
    view=_view,
    build=build,
    tools=spelled_tools,
    read=read,
)
