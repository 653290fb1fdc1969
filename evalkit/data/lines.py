# SPDX-License-Identifier: Apache-2.0
"""Physical lines of a file as UTF-8, with their places; memory does not grow with a line."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, count, islice
from operator import add
from typing import BinaryIO, NamedTuple

from evalkit.core.example import Broken
from evalkit.data.encodings import Encoding

__all__ = [
    "LINE_CAP", "Line", "TextBlock", "lines", "lone_surrogate", "text_blocks", "too_long",
    "undecodable",
]  # fmt: skip

LINE_CAP = 16 << 20  # bytes; a longer line is one broken record, of which the beginning is kept
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_KEPT = 1 << 10
_BLOCK = 1 << 19
# What is made of it takes eight times as much; from 2^17 on it comes from the system anew for each
# block, which takes a fifth of the time of reading a table.
_TEXT_BLOCK = 1 << 16
_MANY = 4096

# (bytes without the line feed, first byte in the source, one past the last byte with the line
# feed, why the bytes are not the UTF-8 of the line): a plain tuple, for there are millions.
Line = tuple[bytes, int, int, Broken | None]


def lines(
    stream: BinaryIO, encoding: Encoding, *, cap: int = LINE_CAP, start: int = 0
) -> Iterator[Line]:
    r"""Lines of a stream, split at `\n` only; U+2028 and the like are text.

    Bytes of UTF-8 files are passed on unchecked (the parser finds what is wrong with them); other
    encodings become UTF-8. A byte-order mark at the start is left out.

    Args:
        stream: At `start`.
        encoding: Of the stream.
        cap: Longest line, in bytes; of a longer one only the beginning is given, with a fault.
        start: Where the stream stands in the source, at the beginning of a line; above 0 only in
            UTF-8.
    """
    if encoding.wide:
        return _wide_lines(stream, encoding, cap)
    if encoding.codec == "utf-8":
        return _byte_lines(stream, 0 if start else encoding.mark, cap, start)
    return _decoded_lines(_byte_lines(stream, encoding.mark, cap), encoding)


def _byte_lines(stream: BinaryIO, mark: int, cap: int, start: int = 0) -> Iterator[Line]:
    for raw, begin, end, fault in _blocks(stream, mark, cap, start):
        if fault:
            yield raw, begin, end, fault
            continue
        pieces = raw.split(b"\n")
        last = pieces.pop()
        for piece in pieces:
            end = begin + len(piece) + 1  # noqa: PLW2901  (of the line, not of the block)
            yield piece, begin, end, None
            begin = end  # noqa: PLW2901
        if last:
            yield last, begin, begin + len(last), None


def _blocks(
    stream: BinaryIO, mark: int, cap: int, start: int = 0, *, size: int | None = None
) -> Iterator[Line]:
    """Lines by the hundred: all of a block in one, and each that is too long by itself."""
    stream.read(mark)
    start, rest, size = start + mark, b"", size or _BLOCK
    while block := stream.read(max(size, len(rest))):
        cut = block.rfind(b"\n") + 1
        if not cut and len(rest) + len(block) <= cap:
            rest += block
            continue
        if len(rest) + len(block) <= cap:
            whole, rest = rest + block[:cut], block[cut:]
            yield whole, start, start + len(whole), None
            start += len(whole)
            continue
        *pieces, rest = (rest + block).split(b"\n")
        for piece in pieces:
            end = start + len(piece) + 1
            if len(piece) <= cap:
                yield piece + b"\n", start, end, None
            else:
                yield piece[:_KEPT], start, end, too_long(len(piece), cap)
            start = end
        if len(rest) > cap:
            length, after = _skip(stream, len(rest))
            end = start + length
            ended = after is not None
            yield rest[:_KEPT], start, end, too_long(length - ended, cap)
            start, rest = end, b""
            if after:
                cut = after.rfind(b"\n") + 1
                whole, rest = after[:cut], after[cut:]
                if whole:
                    yield whole, start, start + len(whole), None
                start += cut
    if rest:
        yield rest, start, start + len(rest), None


def _skip(stream: BinaryIO, length: int) -> tuple[int, bytes | None]:
    """Read to the end of a huge line: its length with the line feed, and what came after it."""
    while block := stream.read(_BLOCK):
        at = block.find(b"\n")
        if at >= 0:
            return length + at + 1, block[at + 1 :]
        length += len(block)
    return length, None


class TextBlock(NamedTuple):
    """Some lines of a file as text.

    Attributes:
        texts: Each with its line feed, the last line of the file too.
        ends: Where each ends in the source, with its line feed.
        faults: What is wrong with some of them, by their index.
    """

    texts: Iterable[str]
    ends: list[int]
    faults: Mapping[int, Broken]


def text_blocks(
    stream: BinaryIO, encoding: Encoding, *, cap: int = LINE_CAP
) -> Iterator[TextBlock]:
    """Lines as text, as `lines` cuts them, a block at a time: made for millions of them."""
    if encoding.wide:
        found = lines(stream, encoding, cap=cap)
        while some := list(islice(found, _MANY)):
            yield _one_by_one(some, encoding)
        return
    codec = encoding.codec
    for block in _blocks(stream, encoding.mark, cap, size=_TEXT_BLOCK):
        raw, start, end, fault = block
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            text = ""
        if fault or not text:
            one = [block] if fault else _cut(raw, start)
            yield _one_by_one(one, encoding)
            continue
        pieces = raw.split(b"\n")
        if not pieces[-1]:
            pieces.pop()
        else:
            text += "\n"
        # Line i ends after the bytes of the lines up to it and i + 1 line feeds.
        ends = list(map(add, accumulate(map(len, pieces)), count(start + 1)))
        ends[-1] = end
        yield TextBlock(io.StringIO(text, newline="\n"), ends, {})


def _cut(raw: bytes, start: int) -> list[Line]:
    return list(_byte_lines(io.BytesIO(raw), 0, len(raw), start))


def _one_by_one(found: Sequence[Line], encoding: Encoding) -> TextBlock:
    """Lines of which one may not be text; those of wide encodings are UTF-8 already."""
    codec = "utf-8" if encoding.wide else encoding.codec
    texts: list[str] = []
    faults: dict[int, Broken] = {}
    for index, (raw, start, _, fault) in enumerate(found):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError as error:
            text = raw.decode(codec, "replace")
            faults[index] = undecodable(error, start, encoding.name)
        if fault:
            faults[index] = fault
        texts.append(text + "\n")
    return TextBlock(texts, [end for _, _, end, _ in found], faults)


def too_long(length: int, cap: int) -> Broken:
    """A record of more bytes than are read at once."""
    return Broken(
        "too-long",
        args={
            "cause": "too-long",
            "bytes": f"{length:,}",
            "limit": f"{cap:,}",
            "reason": f"the line has {length:,} bytes, more than {cap:,}",
            "reason_zh": f"该行有 {length:,} 字节，超过 {cap:,}",
        },
    )


def lone_surrogate(column: int | None) -> Broken:
    """Half of a surrogate pair, as an escape or as three bytes."""
    return Broken(
        "surrogate",
        column,
        {
            "cause": "lone-surrogate",
            "reason": "half of a surrogate pair",
            "reason_zh": "只有半个代理对",
        },
    )


def undecodable(error: UnicodeDecodeError, start: int, encoding: str) -> Broken:
    """Bytes that are no text in the encoding, with their place in the file.

    Args:
        error: As the codec raised it for one line.
        start: First byte of the line in the file.
        encoding: Its name.
    """
    byte = error.object[error.start]
    before = error.object[: error.start].decode(error.encoding, "replace")
    if encoding == "utf-8" and _SURROGATE.match(error.object, error.start):
        return lone_surrogate(len(before) + 1)
    return Broken(
        "encoding",
        column=len(before) + 1,
        args={
            "byte": f"0x{byte:02x}",
            "offset": str(start + error.start),
            "cause": "undecodable",
            "encoding": encoding,
            "reason": f"byte 0x{byte:02x} at offset {start + error.start} is not {encoding}",
            "reason_zh": f"偏移 {start + error.start} 处的字节 0x{byte:02x} 不是 {encoding}",
        },
    )


def _decoded_lines(found: Iterator[Line], encoding: Encoding) -> Iterator[Line]:
    """Lines of an encoding in which a line feed is one byte, and never part of a character."""
    codec = encoding.codec
    for raw, start, end, fault in found:
        if fault or raw.isascii():
            yield raw, start, end, fault
            continue
        try:
            yield raw.decode(codec).encode(), start, end, None
        except UnicodeDecodeError as error:
            text = raw.decode(codec, "replace")
            yield text.encode(), start, end, undecodable(error, start, encoding.name)


def _wide_lines(stream: BinaryIO, encoding: Encoding, cap: int) -> Iterator[Line]:
    """Lines of UTF-16 and UTF-32; their places are counted back in the file's own bytes."""
    stream.read(encoding.mark)
    decoder = codecs.getincrementaldecoder(encoding.codec)(errors="replace")
    start, rest, over = encoding.mark, "", 0
    final = False
    while not final:
        block = stream.read(_BLOCK)
        final = not block
        pieces = (rest + decoder.decode(block, final)).split("\n")
        rest = pieces.pop()
        for index, piece in enumerate([*pieces, rest] if final and rest else pieces):
            ended = index < len(pieces)
            length = len((piece + "\n" * ended).encode(encoding.codec, "surrogatepass")) + over
            long = length > cap
            raw = piece.encode("utf-8", "surrogatepass")
            yield (
                raw[:_KEPT] if long else raw,
                start,
                start + length,
                too_long(length, cap) if long else None,
            )
            start, over = start + length, 0
        if len(rest) * 2 > cap:
            over += len(rest[_KEPT:].encode(encoding.codec, "surrogatepass"))
            rest = rest[:_KEPT]
    if over and not rest:
        yield b"", start, start + over, too_long(over, cap)
