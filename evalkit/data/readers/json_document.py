# SPDX-License-Identifier: Apache-2.0
"""A JSON document: a list of rows, one row, or rows one after another, printed in any way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data.diagnose import CAUSES, diagnose, not_object
from evalkit.data.encodings import Encoding
from evalkit.data.formats._layout import Layout
from evalkit.data.lines import LINE_CAP, lines, undecodable
from evalkit.data.recognise import fields_of
from evalkit.data.scanner import Scanner

__all__ = ["json_document"]

_BETWEEN = re.compile(rb"(?:[ \t\r\n,]|\xef\xbb\xbf)*")
_SCALAR = re.compile(rb'"(?:[^"\\]|\\.)*"?|[^,\]\s]+')
_BLOCK = 1 << 19


def json_document(
    stream: BinaryIO,
    source: str,
    encoding: Encoding,
    layout: Layout | None = None,
    *,
    cap: int = LINE_CAP,
) -> Iterator[Example]:
    """Rows of a document in order, each with its own lines; arguments as for `jsonl`."""
    found = _values(stream, encoding, cap)
    for number, (raw, line, start, end, cut) in enumerate(found, 1):
        where = Location(
            source=source,
            line=line,
            end_line=line + raw.count(b"\n"),
            number=number,
            start=start,
            end=end,
        )
        value, fault = _parsed(raw, start, cut=cut)
        fields = fields_of(value, layout) if fault is None else {}
        yield Example(where, raw, value, layout, fault, {}, fields)


def _parsed(raw: bytes, start: int, *, cut: bool) -> tuple[Any, Broken | None]:
    from jiter import from_json

    if cut:
        english, chinese = CAUSES["cut-off"]
        return None, Broken(
            "json", args={"cause": "cut-off", "reason": english, "reason_zh": chinese}
        )
    try:
        value = from_json(raw, allow_inf_nan=False, cache_mode="keys")
    except ValueError:
        try:
            return None, diagnose(raw.decode())
        except UnicodeDecodeError as error:
            return None, undecodable(error, start, "utf-8")
    return (value, None) if isinstance(value, dict) else (None, not_object(value))


def _values(
    stream: BinaryIO, encoding: Encoding, cap: int
) -> Iterator[tuple[bytes, int, int, int, bool]]:
    """The bytes of each row: (raw, first line, start, end, whether it is cut off).

    Works in pieces: a row is held, of at most `cap` bytes, never the document.
    """
    place = _Place()
    scanner = place.scanner
    held, first_line, first_byte, stood = bytearray(), 1, 0, 0
    for piece, start in _pieces(stream, encoding):
        at = 0
        while at < len(piece):
            if not held:
                at = place.next_value(piece, at)
                if at == len(piece):
                    break
                first_line, first_byte = place.line, start + at
            stop = _stop(scanner, piece, at, place.floor, begun=bool(held))
            held += piece[at:stop]
            place.line += piece.count(b"\n", at, stop)
            at = stop
            if not scanner.inside and scanner.depth <= place.floor:
                yield bytes(held), first_line, first_byte, start + at, False
                held.clear()
            elif len(held) > cap:
                yield bytes(held[:1024]), first_line, first_byte, start + at, True
                return
        stood = start + len(piece)
    if held or (place.floor and scanner.depth > 0):
        rest = bytes(held).rstrip()
        yield rest, first_line if held else place.line, first_byte if held else stood, stood, True


class _Place:
    """Where the reading stands between rows.

    Attributes:
        floor: Depth at which rows stand: 0, or 1 inside a list.
        line: Physical line, 1-based.
        scanner: Follows the brackets.
    """

    def __init__(self) -> None:
        self.floor, self.line, self.scanner = 0, 1, Scanner()
        self._begun = False

    def next_value(self, piece: bytes, at: int) -> int:
        """Skip blanks, commas and the brackets of the list."""
        while True:
            match = _BETWEEN.match(piece, at)
            begin = match.end() if match else at
            self.line += piece.count(b"\n", at, begin)
            at, opening = begin, piece[begin : begin + 1]
            if not opening:
                return at
            if opening == b"[" and not self._begun:
                self.floor = self.scanner.depth = 1
            elif opening in {b"]", b"}"}:
                self.scanner.depth = max(0, self.scanner.depth - 1)
            else:
                self._begun = True
                return at
            self._begun = True
            at += 1


def _stop(scanner: Scanner, piece: bytes, at: int, floor: int, *, begun: bool) -> int:
    """Where the value that stands at `at` ends, or the end of the piece."""
    if begun or piece[at : at + 1] in {b"{", b"["}:
        return scanner.feed(piece, at, floor=floor)
    match = _SCALAR.match(piece, at)
    return match.end() if match else at + 1


def _pieces(stream: BinaryIO, encoding: Encoding) -> Iterator[tuple[bytes, int]]:
    """Blocks of UTF-8 and where they begin in the source."""
    if encoding.codec == "utf-8":
        start = len(stream.read(encoding.mark))
        while block := stream.read(_BLOCK):
            yield block, start
            start += len(block)
        return
    for raw, start, _, _ in lines(stream, encoding):
        yield raw + b"\n", start
