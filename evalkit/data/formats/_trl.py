# SPDX-License-Identifier: Apache-2.0
"""What TRL's rows have in common: lists of messages, arguments as objects, images in a column.

Read from trl 1.16.0, data_utils.py and chat_template_utils.py: chat templates write arguments as
JSON themselves, so a text would be written twice; images fill the parts `{"type": "image"}` in
order, or stand before the first text of the user where there are no such parts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.data.conversation import Row, parts_of
from evalkit.data.formats._functions import as_json, as_object
from evalkit.data.formats._layout import content_of, said_under, text_of
from evalkit.data.formats._media import address

__all__ = ["answer_of", "heard", "prompt_of"]


def heard(value: Row, key: str, role: str) -> tuple[Row, ...]:
    """What a row holds under a key, in the terms of chat: arguments are texts, a lone text too."""
    return tuple(_simple(_called(m.value, _as_text)) for m in said_under(value, key, role))


def _simple(message: Row) -> Row:
    parts = message.get("content")
    if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
        return message
    return {**message, "content": content_of(parts, "")}


def answer_of(messages: Sequence[Row]) -> list[dict[str, Any]]:
    """Messages as TRL takes them, without images."""
    return [_called(_plain(message), _as_object) for message in messages]


def prompt_of(messages: Sequence[Row]) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """Messages as TRL takes them, and the column of their images, if there are any."""
    images = [one for message in messages for one in _images(message)]
    if not images:
        return answer_of(messages), {}
    if _lead(messages, len(images)):
        return answer_of(messages), {"images": images}
    # Where one content is a list, TRL looks for no place of its own only if all the user's are.
    told = [
        {**_called(message, _as_object), "content": _placed(message)}
        if message.get("content") is not None
        else _called(message, _as_object)
        for message in messages
    ]
    return told, {"images": images}


def _images(message: Row) -> list[Any]:
    found = map(address, parts_of(message.get("content")))
    return [one[1] for one in found if one is not None and one[0] == "image_url"]


def _lead(messages: Sequence[Row], images: int) -> bool:
    """Whether all images stand before the first text of the user."""
    first = next((m for m in messages if m.get("role") == "user"), {})
    kinds = [part["type"] for part in _placed(first) if part.get("text") != ""]
    return kinds[:images] == ["image"] * images


def _placed(message: Row) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    for part in parts_of(message.get("content")):
        found = address(part)
        if found is not None and found[0] == "image_url":
            parts.append({"type": "image"})
        elif isinstance(part, Mapping) and isinstance(part.get("text"), str):
            parts.append({"type": "text", "text": part["text"]})
    return parts


def _plain(message: Row) -> Row:
    """With a text for its parts: templates of text models know no others."""
    if not isinstance(message.get("content"), list):
        return message
    return {**message, "content": text_of(message)}


def _called(message: Row, written: Any) -> dict[str, Any]:
    calls = message.get("tool_calls")
    if not isinstance(calls, list):
        return dict(message)
    return {**message, "tool_calls": [_call(call, written) for call in calls]}


def _call(call: Any, written: Any) -> Any:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or "arguments" not in function:
        return call
    return {**call, "function": {**function, "arguments": written(function["arguments"])}}


def _as_object(arguments: Any) -> Any:
    found = as_object(arguments) if isinstance(arguments, str) else None
    return arguments if found is None else found


def _as_text(arguments: Any) -> Any:
    return as_json(arguments) if isinstance(arguments, dict) else arguments
