# SPDX-License-Identifier: Apache-2.0
"""Images in the messages of an example, and what the bytes of one say. No path is ever opened."""

from __future__ import annotations

import binascii
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from evalkit.core.example import Example, Message
from evalkit.lint.calls import is_own
from evalkit.lint.latest import Latest
from evalkit.lint.pairs import pair

__all__ = ["IMAGE_NEEDLES", "KINDS", "Image", "decoded", "images", "is_cut", "kind_of"]

# One of these stands in every row with an image in a message; `"images"` is LLaMA-Factory's column.
IMAGE_NEEDLES = (
    b"image_url", b"input_image", b'"image"', b'"images"',
    b"inlineData", b"inline_data", b"fileData", b"file_data",
)  # fmt: skip
_PARTS = frozenset({"image_url", "input_image", "image"})
KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}


class Image(NamedTuple):
    """One image part of a message.

    Attributes:
        role: Who shows it.
        url: Address, data URL or path; "" where it is none of them.
        pointer: Of the address in the row, else of the part or the message.
        own: Whether an edit at the pointer changes the address.
    """

    role: str
    url: str
    pointer: str
    own: bool


@Latest
def images(example: Example) -> Sequence[Image]:
    """Every image in the conversation, those of a pair's worse answer included, in order."""
    return list(_images(example))


def _images(example: Example) -> Iterator[Image]:
    for message in example.messages:
        if isinstance(message.content, list):
            yield from _of(message, own=is_own(example, message))
    both = pair(example) if example.format and example.format.method == "preference" else None
    for message in both[1].messages if both else ():
        if isinstance(message.content, list):
            yield from _of(message, own=is_own(example, message))


def _of(message: Message, *, own: bool) -> Iterator[Image]:
    for index, part in enumerate(message.content):
        kind = part.get("type") if isinstance(part, dict) else None
        if not isinstance(kind, str) or kind not in _PARTS:
            continue
        url, path = _address(part, kind)
        pointer = f"{message.pointer}/content/{index}" if own else message.pointer
        yield Image(message.role, url, pointer + path if own else pointer, own and bool(path))


def _address(part: Mapping[str, Any], kind: str) -> tuple[str, str]:
    for key in dict.fromkeys(("image_url" if kind != "image" else "image", "value", "url")):
        given = part.get(key)
        if isinstance(given, str):
            return given, f"/{key}"
        if isinstance(given, dict) and isinstance(given.get("url"), str):
            return given["url"], f"/{key}/url"
    return "", ""


def decoded(text: str) -> bytes | None:
    """The bytes of base64 text (RFC 4648; line breaks are let pass), None where it is none."""
    if "\n" in text or "\r" in text:
        text = text.replace("\r", "").replace("\n", "")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # binascii.Error, and what is no ASCII
        return None


def kind_of(data: bytes) -> str:
    """Media type by the first bytes, "" for what is none of `KINDS`."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/gif" if data.startswith((b"GIF87a", b"GIF89a")) else ""


def is_cut(data: bytes, kind: str) -> bool:
    """Whether the end of an image is surely missing."""
    if kind == "image/png":
        return b"IEND" not in data
    if kind == "image/jpeg":
        return b"\xff\xd9" not in data
    if kind == "image/webp":
        return int.from_bytes(data[4:8], "little") + 8 > len(data) + 1  # some leave out the padding
    return False
