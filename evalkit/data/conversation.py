# SPDX-License-Identifier: Apache-2.0
"""The one conversation between all layouts: what a row says, in the terms of chat completions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalkit.core.example import Message

__all__ = [
    "INSTRUCTIONS",
    "Conversation",
    "Row",
    "has_answer",
    "in_chat_terms",
    "is_sound",
    "made_sound",
    "parts_of",
    "shared",
]

Row = Mapping[str, Any]

INSTRUCTIONS = frozenset({"system", "developer"})  # two names of one role


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What a row of any layout says.

    Messages have the keys of OpenAI's chat completions: `role` (system, developer, user, assistant,
    tool), `content` (a text, a list of parts, or None), `name`, `tool_calls` (each `id`, `type`,
    `function` with `name` and `arguments`, a JSON text), `tool_call_id`, `refusal`; and two more:
    `weight` (0 = not learned) and `reasoning_content` (what was thought before the answer). Parts
    are `text`, `image_url`, `video_url`, `audio_url` (each an object with `url`), `input_audio`
    and `file`. Further keys of messages are carried as they are where both sides can.

    Attributes:
        messages: In order; the answer to learn, or the preferred one, at the end.
        tools: Definitions, each `{"type": "function", "function": {"name", ...}}`.
        answer: How many of the last messages are the answer; None where the row does not say, and
            then it is the last one.
        rejected: The answer that was not preferred, for pairs; else empty.
        verdict: Whether the answer is a good one, for single answers with a verdict; else None.
        parallel_tool_calls: As the row says; None where it does not.
    """

    messages: tuple[Row, ...]
    tools: tuple[Row, ...] = ()
    answer: int | None = None
    rejected: tuple[Row, ...] = ()
    verdict: bool | None = None
    parallel_tool_calls: bool | None = None

    @property
    def prompt(self) -> tuple[Row, ...]:
        """The messages before the answer."""
        return self.messages[: len(self.messages) - (self.answer or 1)]

    @property
    def reply(self) -> tuple[Row, ...]:
        """The messages of the answer; empty where the last message is not the assistant's."""
        if not has_answer(self.messages):
            return ()
        return self.messages[len(self.messages) - (self.answer or 1) :]


def has_answer(messages: tuple[Row, ...]) -> bool:
    """Whether the last message is the assistant's."""
    return bool(messages) and messages[-1].get("role") == "assistant"


def shared(one: Sequence[Row], other: Sequence[Row]) -> int:
    """How many of their first messages two conversations share; the last of each is its own."""
    most = max(min(len(one), len(other)) - 1, 0)
    return next((n for n in range(most) if one[n] != other[n]), most)


def in_chat_terms(message: Message) -> Row:
    """A message of a view as chat completions would have it; most views give it so already."""
    value = message.value
    if value.get("role") == message.role:
        return value
    told = value if "role" in value else {"content": message.content}
    return {**told, "role": message.role}


def parts_of(content: Any) -> list[Any]:
    """The parts of a content, a text as the one part that it is; none where there is nothing."""
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if isinstance(content, str) and content else []


def is_sound(message: Row) -> bool:
    """Whether the role is a word and the content what a message may hold."""
    content = message.get("content")
    if isinstance(content, list):
        sound = all(isinstance(part, Mapping) for part in content)
    else:
        sound = content is None or isinstance(content, str)
    return sound and isinstance(message.get("role"), str)


def made_sound(message: Row) -> Row:
    """The message with a role that is a word, if only the empty one, and a content that is text.

    Bare texts in a list become parts; whatever else is no part is written as JSON, so that nothing
    is lost.
    """
    role, content = message.get("role"), message.get("content")
    if isinstance(content, list):
        parts = (p if isinstance(p, Mapping) else _as_text(p) for p in content)
        content = [{"type": "text", "text": p} if isinstance(p, str) else p for p in parts]
    elif content is not None:
        content = _as_text(content)
    return {**message, "role": role if isinstance(role, str) else "", "content": content}


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
