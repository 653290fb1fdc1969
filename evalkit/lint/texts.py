# SPDX-License-Identifier: Apache-2.0
"""The texts of an example, where rules look for what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from evalkit.core.example import Example, Message
from evalkit.core.pointer import at, strings

__all__ = [
    "answer",
    "asks",
    "blanks",
    "is_blank",
    "pointer_of",
    "said_otherwise",
    "texts",
    "without_code",
]

# What a page shows as nothing, as pairs of first and last: blanks, controls, soft hyphen, joiners
# and marks of direction, Hangul fillers, the empty Braille cell, selectors, byte order marks, tags.
_BLANK = (
    "\x00\x20", "\x7f\xa0", "\xad\xad", "\u034f\u034f", "\u061c\u061c", "\u115f\u1160",
    "\u1680\u1680", "\u17b4\u17b5", "\u180b\u180f", "\u2000\u200f", "\u2028\u202f",
    "\u205f\u206f", "\u2800\u2800", "\u3000\u3000", "\u3164\u3164", "\ufe00\ufe0f",
    "\ufeff\ufeff", "\uffa0\uffa0", "\ufff9\ufffb", "\U000e0000\U000e007f",
)  # fmt: skip
_CALLS = ("tool_calls", "function_call")
_STANDS_FOR = (*_CALLS, "refusal", "audio")

# The last example that was asked about, with its answer: several rules ask one after the other.
_last: tuple[Example | None, Message | None] = (None, None)


@cache
def blanks() -> str:
    """Every character that a reader sees as nothing."""
    return "".join(chr(c) for span in _BLANK for c in range(ord(span[0]), ord(span[1]) + 1))


def texts(example: Example) -> Iterator[tuple[str, str]]:
    """Every string of the row with its pointer, in the row's order."""
    return strings(example.value)


def without_code(text: str) -> str:
    """The text with one mark, U+FFFC, for each code fence and each word in backticks.

    An open fence goes to the end. The mark keeps apart what code stood between: nothing is found
    in the text that was not there before.
    """
    return _fences().sub("\ufffc", text) if "`" in text else text


@cache
def _fences() -> re.Pattern[str]:
    return re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)


def is_blank(text: str) -> bool:
    """Whether a reader would see nothing."""
    return not text.strip(blanks())  # stops at the first letter


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
        for key in ("content", "parts"):  # a text alone, in a layout that has only parts
            parts = there.get(key)
            for index, part in enumerate(parts if isinstance(parts, list) else ()):
                if isinstance(part, dict) and _says(part, message.content):
                    return f"{message.pointer}/{key}/{index}/text"
    return message.pointer


def _says(part: Mapping[str, Any], content: Any) -> bool:
    return part.get("text") == content and part.get("thought") is not True


def asks(example: Example) -> bool:
    """Whether a user says something in it: prompts that are empty are alike for no reason."""
    for message in example.messages:
        if message.role == "user":
            content = message.content
            if content and not (isinstance(content, str) and content.isspace()):
                return True
    return False


def answer(example: Example) -> Message | None:
    """The last assistant message, where it is text that a model should learn to say."""
    global _last  # noqa: PLW0603  (one pair, replaced as a whole: another thread sees old or new)
    known, message = _last
    if known is not example:
        message = _answer(example)
        _last = (example, message)
    return message


def _answer(example: Example) -> Message | None:
    messages = example.messages
    if not messages:
        return None
    last = messages[-1]
    if last.role != "assistant" or not isinstance(last.content, str):
        return None
    value = last.value
    return None if value.get("tool_calls") or value.get("function_call") else last


def said_otherwise(message: Message) -> bool:
    """Whether something beside its content speaks for the message: calls, a refusal, audio."""
    return any(map(message.value.get, _STANDS_FOR))
