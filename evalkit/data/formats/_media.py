# SPDX-License-Identifier: Apache-2.0
"""Images, videos and sounds in columns beside the texts, with a mark in the text for each.

`{"messages": [{"role": "user", "content": "<image>Who is it?"}], "images": ["1.jpg"]}`, as
LLaMA-Factory (data/mm_plugin.py, 0.9.5) and ms-swift take them: the marks of all messages are
filled in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.data.conversation import Row, parts_of
from evalkit.data.formats._functions import as_json

__all__ = ["COLUMNS", "address", "in_columns", "in_place"]

COLUMNS: Mapping[str, str] = {"image_url": "images", "video_url": "videos", "audio_url": "audios"}
_MARKS = {"image_url": "<image>", "video_url": "<video>", "audio_url": "<audio>"}
_KINDS = {mark: kind for kind, mark in _MARKS.items()}
_MARK = re.compile("(<image>|<video>|<audio>)")
_BARE = {"image": "image_url", "video": "video_url", "audio": "audio_url"}  # types of parts


def address(part: Any) -> tuple[str, Any] | None:
    """The kind of a part and its address, for images, videos and sounds that have one."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    if not isinstance(kind, str) or kind not in COLUMNS:
        return None
    held = part.get(kind)
    found = held.get("url") if isinstance(held, Mapping) else held
    return None if found is None else (kind, found)


def in_columns(
    messages: Sequence[Row], *others: Row
) -> tuple[list[dict[str, Any]], dict[str, list[Any]]]:
    """Messages whose contents are texts with marks, and the columns that belong to them.

    Parts of another kind are left out.

    Args:
        messages: In the terms of chat completions.
        others: Messages of the row that stay as they are; their texts may say no mark either.

    Raises:
        ValueError: A text holds such a mark by itself: it would be taken for an image.
    """
    columns: dict[str, list[Any]] = {}
    told = []
    for message in messages:
        content = message.get("content")
        if not isinstance(content, list):
            told.append(dict(message))
            continue
        text = ""
        for part in content:
            if (found := address(part)) is not None:
                text += _MARKS[found[0]]
                columns.setdefault(COLUMNS[found[0]], []).append(found[1])
            elif isinstance(part, Mapping) and isinstance(part.get("text"), str):
                text += part["text"]
        told.append({**message, "content": text})
    for kind, mark in _MARKS.items():
        if (media := columns.get(COLUMNS[kind])) and _marks([*told, *others], mark) != len(media):
            raise ValueError(f"a text says {mark}, which would be taken for one")
    return told, columns


def _marks(messages: Sequence[Row], mark: str) -> int:
    """How often the texts say a mark, thoughts and calls among them: all are searched for it."""
    return sum(text.count(mark) for message in messages for text in _texts(message))


def _texts(message: Row) -> Iterator[str]:
    for said in (message.get("content"), message.get("reasoning_content")):
        if isinstance(said, str):
            yield said
    if calls := message.get("tool_calls"):
        yield as_json(calls)


def in_place(messages: Sequence[Row], value: Row, *, marked: bool = True) -> tuple[Row, ...]:
    """Messages with the images, videos and sounds of a row's columns as parts of their contents.

    What no mark asks for stands before the first text of the user, where TRL puts it
    (`prepare_multimodal_messages`, 1.16.0). Marks for which there is nothing stay text.

    Args:
        messages: In the terms of chat completions.
        value: The row, with `images`, `videos`, `audios`: lists, or one thing alone.
        marked: Whether `<image>` in a text stands for an image; parts `{"type": "image"}` always
            do.
    """
    waiting = {kind: iter(_listed(value.get(column))) for kind, column in COLUMNS.items()}
    if all(value.get(column) in (None, []) for column in COLUMNS.values()):
        return tuple(messages)
    told = [_filled(message, waiting, marked=marked) for message in messages]
    if rest := [_part(kind, one) for kind, media in waiting.items() for one in media]:
        users = (n for n, message in enumerate(told) if message.get("role") == "user")
        first = next(users, 0)
        if told:
            there = parts_of(told[first].get("content"))
            told[first] = {**told[first], "content": [*rest, *there]}
    return tuple(told)


def _listed(column: Any) -> list[Any]:
    if column is None:
        return []
    return column if isinstance(column, list) else [column]


def _part(kind: str, held: Any) -> dict[str, Any]:
    if isinstance(held, Mapping) and isinstance(held.get("path"), str):  # as datasets writes them
        held = held["path"]
    return {"type": kind, kind: {"url": held}}


def _filled(message: Row, waiting: Mapping[str, Iterator[Any]], *, marked: bool) -> Row:
    content = message.get("content")
    if isinstance(content, list):
        return {**message, "content": [_given(part, waiting) for part in content]}
    if not marked or not isinstance(content, str) or not _MARK.search(content):
        return message
    parts: list[dict[str, Any]] = []
    for piece in _MARK.split(content):
        kind = _KINDS.get(piece)
        if kind is not None and (one := next(waiting[kind], None)) is not None:
            parts.append(_part(kind, one))
        elif parts and parts[-1]["type"] == "text":
            parts[-1]["text"] += piece
        elif piece:
            parts.append({"type": "text", "text": piece})
    if all(part["type"] == "text" for part in parts):
        return message
    return {**message, "content": parts}


def _given(part: Any, waiting: Mapping[str, Iterator[Any]]) -> Any:
    """A part `{"type": "image"}` with what it stands for."""
    bare = part.get("type") if isinstance(part, Mapping) else None
    if not isinstance(bare, str) or bare not in _BARE:
        return part
    held = part.get(bare)
    if held is None:
        held = next(waiting[_BARE[bare]], None)
    return part if held is None else _part(_BARE[bare], held)
