# SPDX-License-Identifier: Apache-2.0
"""Images, videos, sounds and documents in parts of messages: their bytes or where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["File", "file_of", "held", "media_type", "part_of", "suffix"]

# Not the module mimetypes: that reads the tables of the machine, and rows must not depend on it.
_TYPES = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
    "webp": "image/webp", "bmp": "image/bmp", "heic": "image/heic", "heif": "image/heif",
    "mp4": "video/mp4", "mov": "video/quicktime", "mkv": "video/x-matroska",
    "webm": "video/webm", "avi": "video/x-msvideo", "mpeg": "video/mpeg", "mpg": "video/mpeg",
    "wmv": "video/x-ms-wmv", "flv": "video/x-flv", "3gp": "video/3gpp",
    "mp3": "audio/mpeg", "wav": "audio/wav", "flac": "audio/flac", "ogg": "audio/ogg",
    "opus": "audio/opus", "m4a": "audio/mp4", "aac": "audio/aac",
    "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv",
    "html": "text/html",
}  # fmt: skip
_KINDS = {"image_url": "image", "video_url": "video", "audio_url": "audio"}


class File(NamedTuple):
    """What a part of a message shows beside text.

    Attributes:
        kind: "image", "video", "audio" or "file".
        address: Where it lies; "" where its bytes are given.
        data: Its bytes in base64; "" where they are not given.
        type: Media type, "" where nothing says it.
        name: Of the file, "" where it has none.
        id: Under which a provider has it, "" where it has none.
    """

    kind: str
    address: str = ""
    data: str = ""
    type: str = ""
    name: str = ""
    id: str = ""


def suffix(address: str) -> str:
    """What an address ends with, in lower case: "png"; "" where that is no suffix."""
    path = address.partition("?")[0].partition("#")[0].rpartition("/")[2]
    _, dot, end = path.rpartition(".")
    return end.lower() if dot and end.isalnum() and end.isascii() else ""


def media_type(address: str) -> str:
    """The media type that an address ends with; "" where that is not known."""
    return _TYPES.get(suffix(address), "")


def file_of(part: Any) -> File | None:
    """What a part in the terms of chat completions shows; None for texts and what is not known."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    if not isinstance(kind, str):
        return None
    inner = part.get(kind)
    if kind in _KINDS:
        fields = inner if isinstance(inner, Mapping) else {"url": inner}
        return _addressed(_KINDS[kind], fields.get("url"), fields.get("format"))
    if not isinstance(inner, Mapping):
        return None
    if kind == "input_audio":
        data, form = inner.get("data"), inner.get("format")
        if isinstance(data, str) and data and isinstance(form, str):
            return File("audio", data=data, type=f"audio/{form}")
    elif kind == "file":
        return _document(inner)
    return None


def _addressed(kind: str, url: Any, form: Any) -> File | None:
    if not isinstance(url, str) or not url:
        return None
    if url.startswith("data:"):
        head, comma, data = url[5:].partition(",")
        told, base64, end = head.partition(";base64")
        return File(kind, data=data, type=told) if comma and base64 and not end and data else None
    return File(kind, address=url, type=form if isinstance(form, str) else media_type(url))


def _document(inner: Mapping[str, Any]) -> File | None:
    name = inner.get("filename")
    name = name if isinstance(name, str) else ""
    for key in ("file_data", "file_url"):
        if (found := _addressed("file", inner.get(key), None)) is not None:
            return found._replace(name=name)
    known = inner.get("file_id")
    return File("file", name=name, id=known) if isinstance(known, str) and known else None


def part_of(file: File) -> dict[str, Any]:
    """The part of a chat message that shows it."""
    if file.kind == "file":
        place: dict[str, Any] = {"file_id": file.id} if file.id else {"file_url": file.address}
        if file.data:
            place = {"file_data": f"data:{file.type};base64,{file.data}"}
        return {"type": "file", "file": place | ({"filename": file.name} if file.name else {})}
    if file.data and file.type.startswith("audio/"):
        inner = {"data": file.data, "format": file.type.removeprefix("audio/")}
        return {"type": "input_audio", "input_audio": inner}
    kind = f"{file.kind}_url"
    if file.data:
        return {"type": kind, kind: {"url": f"data:{file.type};base64,{file.data}"}}
    told = {"format": file.type} if file.type != media_type(file.address) else {}
    return {"type": kind, kind: {"url": file.address, **told}}


def held(data: Any, kind: Any) -> File | None:
    """The file whose bytes and media type are given; None where they are not."""
    if not isinstance(data, str) or not data or not isinstance(kind, str):
        return None
    what = kind.partition("/")[0]
    return File(what if what in _KINDS.values() else "file", data=data, type=kind)
