# SPDX-License-Identifier: Apache-2.0
"""What of a message is counted: its texts and its calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["calls_of", "message_texts"]

_PLAIN = frozenset({"role", "content"})


def message_texts(message: Mapping[str, Any]) -> list[str]:
    """What a message says: its content or the text parts of it, refusal, names and arguments."""
    content = message.get("content")
    said: list[Any] = [content] if isinstance(content, str) else _parts(content)
    if not _PLAIN.issuperset(message):
        said.append(message.get("refusal"))
        for function in _functions(message):
            said += [function.get("name"), function.get("arguments")]
    return [text for text in said if isinstance(text, str)]


def calls_of(message: Mapping[str, Any]) -> int:
    """How many functions a message calls."""
    return sum(1 for _ in _functions(message))


def _functions(message: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    calls = message.get("tool_calls")
    for call in [*(calls if isinstance(calls, list) else []), message.get("function_call")]:
        function = call.get("function", call) if isinstance(call, Mapping) else None
        if isinstance(function, Mapping):
            yield function


def _parts(content: Any) -> list[Any]:
    if not isinstance(content, list):
        return []
    parts = (part if isinstance(part, Mapping) else {"text": part} for part in content)
    return [part.get("text", part.get("refusal")) for part in parts]
