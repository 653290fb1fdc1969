# SPDX-License-Identifier: Apache-2.0
"""One JSON value a line; a broken record is an Example that says why, with its whole span."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Iterator
from typing import Any, BinaryIO

from evalkit.core.example import Broken, Example
from evalkit.data.diagnose import diagnose, not_object
from evalkit.data.encodings import Encoding
from evalkit.data.formats._layout import Layout
from evalkit.data.lean import example_at
from evalkit.data.lines import LINE_CAP, Line, lines, undecodable
from evalkit.data.recognise import fields_of
from evalkit.data.repeated import reread
from evalkit.data.scanner import Scanner

__all__ = ["STRIDE", "begins_record", "jsonl"]

STRIDE = 1 << 20  # bytes; how far apart, at the least, the places are where a file may be cut

_BLANK = Broken(
    "blank", args={"cause": "blank", "reason": "the line is empty", "reason_zh": "空行"}
)
_START = re.compile(rb'[ \t]*\{(?:[ \t]*"[^"\\]{1,40}"[ \t]*:)?')
_EVERY_ROW = re.compile(
    rb'[ \t]*\{[ \t]*"(messages|conversations|prompt|instruction|input)"[ \t]*:'
)
_BLANKS = 1000  # blank lines in a row that are a record each; the rest of the row is one
_CREDIT = 16 << 20  # bytes that may be looked at ahead in vain, for each STRIDE of the file


def jsonl(
    stream: BinaryIO,
    source: str,
    encoding: Encoding,
    layout: Layout | None = None,
    *,
    cap: int = LINE_CAP,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[Example]:
    """Rows of a stream in order; nothing in the data ends the reading.

    Args:
        stream: At `start`.
        source: The path as the user wrote it.
        encoding: Of the stream.
        layout: Of the rows.
        cap: Longest line, in bytes; a longer one is broken, and only its beginning is kept.
        start: Where the stream stands in the source; lines and numbers count from there.
        stop: Where to stop: at the beginning of a line that begins a record (it is looked at).
    """
    from jiter import from_json

    rest = lines(stream, encoding, cap=cap, start=start)
    records = _Records(rest, cap)
    ahead = records.ahead
    own = layout.keys if layout else frozenset[str]()
    number = line = 0
    renewal = _after(start)
    stop = sys.maxsize if stop is None else stop
    while (found := ahead.popleft() if ahead else next(rest, None)) is not None:
        raw, begin, end, fault = found
        if begin >= stop:
            return
        if raw.endswith(b"\r"):
            raw = raw[:-1]
        line += 1
        if begin >= renewal and fault is None and begins_record(raw):
            records.credit, renewal = _CREDIT, _after(begin)
        value: Any = None
        fields: dict[str, str] = {}
        repeated: tuple[str, ...] = ()
        more = 0
        if fault is None:
            try:
                value = from_json(
                    raw, allow_inf_nan=False, cache_mode="keys", catch_duplicate_keys=True
                )
            except ValueError as error:
                value, repeated, said = reread(raw, str(error))
                if said:
                    raw, end, more, fault = records.broken(raw, begin, end, said)
            if type(value) is not dict:
                fault, value = fault or not_object(value), None
            elif "metadata" in value or not own.issuperset(value):
                fields = fields_of(value, layout)
        number += fault is not _BLANK
        yield example_at(
            source,
            line,
            line + more,
            None if fault is _BLANK else number,
            begin,
            end,
            raw,
            value,
            layout,
            fault,
            fields,
            repeated,
        )
        line += more


def begins_record(line: bytes) -> bool:
    """Whether a line begins a record whatever stands before it.

    It is a whole JSON object that begins as rows do: the reader never takes such a line for a part
    of a broken record above it, so that a file may be cut there.
    """
    return _EVERY_ROW.match(line) is not None and _is_row(line)


def _after(place: int) -> int:
    """The next multiple of the stride."""
    return (place // STRIDE + 1) * STRIDE


class _Records:
    """Where a broken record ends, which takes looking ahead.

    Looking ahead in vain is bounded for each stretch of the file, so that hostile files cost no
    more than time in proportion to their size. The bound is renewed at the first line of each
    `STRIDE` that surely begins a record: what is found behind such a line does not depend on what
    stands before it.

    Attributes:
        ahead: Lines that were looked at and not taken.
        credit: Bytes that may yet be looked at in vain.
    """

    def __init__(self, rest: Iterator[Line], cap: int) -> None:
        self.ahead: deque[Line] = deque()
        self.credit = _CREDIT
        self._rest, self._cap = rest, cap
        self._blanks, self._blank_end = 0, -1

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
            return self._blank(raw, start, end)
        try:
            text = raw.decode()
        except UnicodeDecodeError as wrong:
            return raw, end, 0, undecodable(wrong, start, "utf-8")
        scanner = Scanner()
        scanner.feed(raw)
        opens = text.lstrip("\ufeff \t").startswith(("{", "["))
        whole = _complete(raw) and not error.startswith("EOF")  # wrong, but not unfinished
        if not opens or scanner.closed or whole:
            return raw, end, 0, diagnose(text)
        return self._spread(raw, end, scanner)

    def _blank(self, raw: bytes, start: int, end: int) -> tuple[bytes, int, int, Broken]:
        """A blank line; behind many of them, all that follow as one."""
        self._blanks = self._blanks + 1 if start == self._blank_end else 1
        more = 0
        while self._blanks >= _BLANKS:
            found = self.ahead.popleft() if self.ahead else next(self._rest, None)
            if found is None:
                break
            if found[3] is not None or found[0].strip():
                self.ahead.appendleft(found)
                break
            end, more = found[2], more + 1
        self._blank_end = end
        return raw, end, more, _BLANK

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
            if len(self.ahead) <= index:
                further = next(self._rest, None)
                if further is None:
                    return
                self.ahead.append(further)
            raw, _, _, fault = self.ahead[index]
            size += len(raw) + 1
            self.credit -= len(raw) + 64
            if fault is not None or size > self._cap or self.credit < 0:
                return
            yield raw.removesuffix(b"\r")

    def _take(self, taken: list[bytes], fault: Broken) -> tuple[bytes, int, int, Broken]:
        end = 0
        for _ in taken[1:]:
            raw, _, end, _ = self.ahead.popleft()
            self.credit += len(raw) + 64  # not in vain
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
