# SPDX-License-Identifier: Apache-2.0
"""Width and height of images that stand in the data itself, from their first bytes alone.

Only as many bytes as say the size are decoded; pixels never are. PNG: W3C PNG 3rd edition, 11.2.1;
GIF89a, section 18; WEBP: RFC 9649, section 2; JPEG: ITU-T T.81, B.1 and B.2.2.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from urllib.parse import unquote, unquote_to_bytes

__all__ = ["size_of"]

_HEAD = 256  # characters before the comma; real ones have 25
_WRAPPED = 1 << 18  # characters that are looked through where line ends stand in the data
_SEGMENTS = 256  # of a JPEG, before its size; cameras write about ten
_MOST = 2**31 - 1  # pixels of a side, as PNG has it
_URL_SAFE = str.maketrans("-_", "+/")
_SIZED = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # start of frame; the others are tables
_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length

_Read = Callable[[int, int], bytes]  # offset, number of bytes; fewer at the end


def size_of(url: str) -> tuple[int, int] | None:
    """Width and height in pixels of the image in a data URL.

    Args:
        url: Such as "data:image/png;base64,..."; anything at all.

    Returns:
        None where it is no data URL of a PNG, JPEG, WEBP or GIF whose head can be read. What the
        URL says of the kind of image is not believed.
    """
    start = url[: _HEAD + 64].lstrip()
    if start[:5].lower() != "data:":
        return None
    comma = start.find(",", 5, _HEAD)
    if comma < 0:
        return None
    begin = url.index(",") + 1  # the same comma: white space before holds none
    read = _reader(url, begin, encoded=start[5:comma].rstrip().lower().endswith("base64"))
    try:
        head = read(0, 32)
        size = _size(head, read)
    except ValueError:  # not base64 after all
        return None
    return size if size is not None and min(size) > 0 and max(size) <= _MOST else None


def _reader(url: str, begin: int, *, encoded: bool) -> _Read:
    """Gives bytes of the image at any place without decoding what lies before."""
    if not encoded:
        plain = unquote_to_bytes(url[begin : begin + (_WRAPPED >> 2)])
        return lambda offset, size: plain[offset : offset + size]
    opening = url[begin : begin + 1024]
    if "%" in opening or len(opening.split()) > 1 or opening[:1].isspace():
        # The place of a byte is known only once escapes and line ends are out.
        url, begin = "".join(unquote(url[begin : begin + _WRAPPED]).split()), 0

    def read(offset: int, size: int) -> bytes:
        first = offset // 3
        text = url[begin + 4 * first : begin + 4 * -(-(offset + size) // 3)].rstrip("= \r\n")
        text = text[: len(text) - (len(text) % 4 == 1)].translate(_URL_SAFE)
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        return decoded[offset - 3 * first : offset - 3 * first + size]

    return read


def _size(head: bytes, read: _Read) -> tuple[int, int] | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        known = head[12:16] == b"IHDR" and len(head) >= 24
        return (_big(head[16:20]), _big(head[20:24])) if known else None
    if head.startswith((b"GIF87a", b"GIF89a")):
        return (_little(head[6:8]), _little(head[8:10])) if len(head) >= 10 else None
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return _webp(head) if len(head) >= 30 else None
    if head.startswith(b"\xff\xd8"):
        return _jpeg(read)
    return None


def _webp(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return 1 + _little(head[24:27]), 1 + _little(head[27:30])
    if kind == b"VP8L" and head[20] == 0x2F:
        bits = _little(head[21:25])
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        return _little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF
    return None


def _jpeg(read: _Read) -> tuple[int, int] | None:
    offset = 2
    for _ in range(_SEGMENTS):
        segment = read(offset, 9)
        if len(segment) < 9 or segment[0] != 0xFF:
            return None
        marker = segment[1]
        if marker in _SIZED:
            return _big(segment[7:9]), _big(segment[5:7])
        if marker == 0xFF:  # a byte of filling
            offset += 1
        elif marker in _ALONE:
            offset += 2
        elif marker in (0xD9, 0xDA) or _big(segment[2:4]) < 2:
            return None  # the end, or the picture without a frame
        else:
            offset += 2 + _big(segment[2:4])
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
