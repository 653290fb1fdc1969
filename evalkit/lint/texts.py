# SPDX-License-Identifier: Apache-2.0
"""The texts of an example, where rules look for what is wrong with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from evalkit.core.example import Example, Message
from evalkit.core.pointer import at, strings

__all__ = ["answer", "asks", "is_blank", "pointer_of", "texts"]

# Shown as nothing: zero-width characters, soft hyphen, BOM inside text, Mongolian separator.
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e\u3164"))


def texts(example: Example) -> Iterator[tuple[str, str]]:
    """Every string of the row with its pointer, in the row's order."""
    return strings(example.value)


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing."""
    return not text.translate(_INVISIBLE).strip() or all(
        unicodedata.category(c) in ("Zs", "Cf", "Cc") for c in text
    )


def pointer_of(example: Example, message: Message) -> str:
    """Where the content of a message stands in the row, else where the message does."""
    try:
        there = at(example.value, message.pointer)
    except LookupError:
        return message.pointer
    if isinstance(there, dict):
        for key in ("content", "value", "text"):
            if key in there and there[key] == message.content:
                return f"{message.pointer}/{key}"
    return message.pointer


def asks(example: Example) -> bool:
    """Whether a user says something in it: prompts that are empty are alike for no reason."""
    return any(m.role == "user" and (m.text.strip() or m.content) for m in example.messages)


def answer(example: Example) -> Message | None:
    """The last assistant message, where it is text that a model should learn to say."""
    last = example.messages[-1] if example.messages else None
    if last is None or last.role != "assistant" or not isinstance(last.content, str):
        return None
    return None if last.value.get("tool_calls") or last.value.get("function_call") else last
