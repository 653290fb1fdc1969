# SPDX-License-Identifier: Apache-2.0
"""Bytes as text that JSON can hold."""

from __future__ import annotations

import base64
import re

__all__ = ["as_text"]

_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"%PDF", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
)


def as_text(content: bytes) -> str:
    """The text that the bytes are in UTF-8, as writers without a type for text leave it.

    What is no text becomes a data URL, which says by itself that it is one, and is what a message
    holds an image in.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if not _CONTROLS.search(text):
        return text
    return f"data:{_media_type(content)};base64,{base64.b64encode(content).decode()}"


def _media_type(content: bytes) -> str:
    if content.startswith(b"RIFF"):
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(
            content[8:12], "application/octet-stream"
        )
    return next(
        (kind for magic, kind in _KINDS if content.startswith(magic)), "application/octet-stream"
    )
