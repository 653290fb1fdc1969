# SPDX-License-Identifier: Apache-2.0
"""One JSON value a line; a broken record is an Example that says why, with its whole span."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data.diagnose import diagnose, not_object
from evalkit.data.encodings import Encoding
from evalkit.data.formats._layout import Layout
from evalkit.data.lines import LINE_CAP, Line, lines, undecodable
from evalkit.data.recognise import fields_of
from evalkit.data.scanner import Scanner

__all__ = ["jsonl"]

_BLANK = Broken(
    "blank", args={"cause": "blank", "reason": "the line is empty", "reason_zh": "空行"}
)
_START = re.compile(rb'[ \t]*\{(?:[ \t]*"[^"\\]{1,40}"[ \t]*:)?')
_EVERY_ROW = re.compile(
    rb'[ \t]*\{[ \t]*"(messages|conversations|prompt|instruction|input)"[ \t]*:'
)


def jsonl(
    stream: BinaryIO,
    source: str,
    encoding: Encoding,
    layout: Layout | None = None,
    *,
    cap: int = LINE_CAP,
) -> Iterator[Example]:
    """Rows of a stream in order; nothing in the data ends the reading.

    Args:
        stream: At its start.
        source: The path as the user wrote it.
        encoding: Of the stream.
        layout: Of the rows.
        cap: Longest line, in bytes; a longer one is broken, and only its beginning is kept.
    """
    from jiter import from_json

    records = _Records(lines(stream, encoding, cap=cap), cap)
    own = layout.keys if layout else frozenset[str]()
    number = line = 0
    for found in records:
        raw, start, end, fault = found
        raw = raw.removesuffix(b"\r")
        line += 1
        value: Any = None
        fields: dict[str, str] = {}
        more = 0
        if fault is None:
            try:
                value = from_json(raw, allow_inf_nan=False, cache_mode="keys")
            except ValueError as error:
                raw, end, more, fault = records.broken(raw, start, end, str(error))
            else:
                if not isinstance(value, dict):
                    fault, value = not_object(value), None
                elif "metadata" in value or not own.issuperset(value):
                    fields = fields_of(value, layout)
        number += fault is not _BLANK
        where = Location(
            source=source,
            line=line,
            end_line=line + more,
            number=None if fault is _BLANK else number,
            start=start,
            end=end,
        )
        line += more
        yield Example(where, raw, value, layout, fault, {}, fields)


class _Records:
    """Lines in order, and where a broken record ends, which takes looking ahead.

    What is looked at and not taken stays in `_ahead`. All looking ahead together is bounded by a
    multiple of the file, so that hostile files cost no more than time in proportion to their size.
    """

    def __init__(self, rest: Iterator[Line], cap: int) -> None:
        self._ahead: deque[Line] = deque()
        self._rest, self._cap = rest, cap
        self._credit = 16 << 20

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return self._ahead.popleft() if self._ahead else next(self._rest)

    def broken(
        self, raw: bytes, start: int, end: int, error: str
    ) -> tuple[bytes, int, int, Broken]:
        """The whole broken record that begins with `raw`.

        Args:
            raw: Its first line.
            start: First byte of that line in the source.
            end: One past the last.
            error: What the parser said of the line.

        Returns:
            Its bytes, its end in the source, how many further lines it takes, why it is broken.
        """
        if not raw.strip():
            return raw, end, 0, _BLANK
        try:
            text = raw.decode()
        except UnicodeDecodeError as wrong:
            return raw, end, 0, undecodable(wrong, start, "utf-8")
        self._credit += 8 * len(raw)
        scanner = Scanner()
        scanner.feed(raw)
        opens = text.lstrip("\ufeff \t").startswith(("{", "["))
        whole = _complete(raw) and not error.startswith("EOF")  # wrong, but not unfinished
        if not opens or scanner.closed or whole:
            return raw, end, 0, diagnose(text)
        return self._spread(raw, end, scanner)

    def _spread(self, raw: bytes, end: int, scanner: Scanner) -> tuple[bytes, int, int, Broken]:
        """A record that does not end on its first line."""
        begin = _START.match(raw)
        mark = begin.group() if begin else b"{"
        keyed = mark.rstrip().endswith(b":")
        taken = [raw]
        boundary = None  # number of lines before another record begins, as far as one can tell
        for piece in self._following(len(raw)):
            if _EVERY_ROW.match(piece) and (keyed or _is_row(piece)):
                boundary = len(taken)
                break
            if boundary is None and _begins_like(piece, mark, keyed=keyed):
                boundary = len(taken)
                if keyed:
                    break
            taken.append(piece)
            scanner.feed(b"\n" + piece)
            if scanner.closed:
                fault = diagnose(_text(taken))
                if fault.recovered is not None or boundary is None:
                    return self._take(taken, fault)
                break
        del taken[boundary or len(taken) :]
        while len(taken) > 1 and not taken[-1].strip():
            taken.pop()
        if len(taken) == 1:
            return raw, end, 0, diagnose(_text(taken))
        return self._take(taken, diagnose(_text(taken)))

    def _following(self, size: int) -> Iterator[bytes]:
        """Lines that come next, as long as they may belong to the record."""
        for index in range(1 << 30):
            if len(self._ahead) <= index:
                further = next(self._rest, None)
                if further is None:
                    return
                self._ahead.append(further)
            raw, _, _, fault = self._ahead[index]
            size += len(raw) + 1
            self._credit -= len(raw) + 64
            if fault is not None or size > self._cap or self._credit < 0:
                return
            yield raw.removesuffix(b"\r")

    def _take(self, taken: list[bytes], fault: Broken) -> tuple[bytes, int, int, Broken]:
        end = 0
        for _ in taken[1:]:
            end = self._ahead.popleft()[2]
        return b"\n".join(taken), end, len(taken) - 1, fault


def _text(taken: list[bytes]) -> str:
    return b"\n".join(taken).decode("utf-8", "replace")


def _begins_like(piece: bytes, mark: bytes, *, keyed: bool) -> bool:
    """Whether a line begins as the broken record did: with the same key, or a brace as far in."""
    return piece.startswith(mark) and (keyed or piece.strip() == mark.strip())


def _complete(raw: bytes) -> bool:
    """Whether a line begins and ends like a whole row, whatever is wrong within."""
    return _START.match(raw) is not None and raw.rstrip().endswith((b"]}", b"}}", b'"}'))


def _is_row(piece: bytes) -> bool:
    """Whether a line is a JSON object by itself."""
    from jiter import from_json

    try:
        return isinstance(from_json(piece, allow_inf_nan=False), dict)
    except ValueError:
        return False
