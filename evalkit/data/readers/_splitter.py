# SPDX-License-Identifier: Apache-2.0
"""Cuts a JSON document into rows by brackets and quotes, and finds its way back after a fault."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from evalkit.data.scanner import Scanner

__all__ = ["Piece", "Record", "Splitter"]

Piece = tuple[bytes, int]  # bytes, and where the first of them stands in the source

_BEFORE = re.compile(rb"(?:[ \t\r\n,]|\xef\xbb\xbf)*")
_BETWEEN = re.compile(rb"[ \t\r\n,]*")
# A text, a comment, a number or a word; words on one line are one record, as broken as each.
_SCALAR = re.compile(
    rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|(?://|#)[^\r\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?'
    rb"|[^,\[\]{}\s]+(?:[ \t]+[^,\[\]{}\s]+)*",
    re.DOTALL,
)
_KEY = re.compile(rb'\{[ \t\r\n]{0,64}("[^"\\]{1,40}")[ \t\r\n]{0,64}:')
_OUTERMOST = (b'"messages"', b'"conversations"')  # no row has such a key further in
_KEPT = 1 << 10  # bytes of a record that is too long
_DOUBT = 1 << 16  # bytes of a record from which on it is looked at whether it is still one
_CREDIT = 64 << 20  # bytes that may be read again after faults, in all


class Record(NamedTuple):
    """The bytes of one row.

    Attributes:
        raw: Its bytes; only the first ones if it is too long.
        line: First physical line, 1-based.
        end_line: Last physical line.
        start: First byte in the source.
        end: One past the last.
        cut: Whether the document ends before the row does.
        long: Whether only its beginning was kept.
        short: Whether it was ended where the next row seems to begin.
    """

    raw: bytes
    line: int
    end_line: int
    start: int
    end: int
    cut: bool = False
    long: bool = False
    short: bool = False

    def trimmed(self) -> Record:
        """Without blanks and commas at its end."""
        raw = self.raw.rstrip(b" \t\r\n,")
        lines = self.line + raw.count(b"\n")
        return self._replace(raw=raw, end_line=lines, end=self.start + len(raw))


class Splitter:
    """Iterates over the rows of a document; of which one at a time is held, never the document."""

    def __init__(self, pieces: Iterator[Piece], cap: int) -> None:
        self._pieces, self._cap = pieces, cap
        self._again: list[tuple[bytes, int, int]] = []  # what is read again, the next one last
        self._piece, self._start, self._at = b"", 0, 0
        self._scanner = Scanner()
        self._floor = 0  # depth at which rows stand: 0, or 1 inside a list
        self._line = 1
        self._begun = self._ended = False
        self._key = b""
        self._credit = _CREDIT

    def __iter__(self) -> Iterator[Record]:
        return self

    def __next__(self) -> Record:
        if not self._to_value():
            if self._ended or not (self._floor and self._scanner.depth > 0):
                raise StopIteration
            self._ended = True
            place = self._start + self._at
            return Record(b"", self._line, self._line, place, place, cut=True)
        line, start = self._line, self._start + self._at
        held, doubt = bytearray(), _DOUBT
        while True:
            begin = self._at
            stop = self._stop(begin, begun=bool(held))
            piece, self._at = self._piece, stop
            held += piece[begin:stop]
            self._line += piece.count(b"\n", begin, stop)
            done = not self._scanner.inside and self._scanner.depth <= self._floor
            if len(held) > self._cap or (not done and len(held) >= doubt):
                doubt = 2 * len(held)
                record = Record(bytes(held), line, self._line, start, start + len(held))
                if shorter := self._shortened(record, doubtful=True):
                    return shorter
                if len(held) > self._cap:
                    del held[_KEPT:]
                    return self._long(held, line, start, done=done)
            if done:
                return Record(bytes(held), line, self._line, start, self._start + self._at)
            if not self._more():
                self._ended = True
                return Record(bytes(held), line, self._line, start, start + len(held), cut=True)

    def shortened(self, record: Record) -> Record | None:
        """The record that came last, up to where the next one seems to begin.

        To be asked for a record that is no JSON: the reading goes on behind what is returned. None
        where no other row begins in it.
        """
        if record.short or record.long or not record.raw:
            return None
        return self._shortened(record, doubtful=False)

    def _shortened(self, record: Record, *, doubtful: bool) -> Record | None:
        """As `shortened`; where it is in doubt, only if the next row surely begins."""
        raw = record.raw
        if found := _KEY.match(raw):
            self._key = found.group(1)
        place = _next_row(raw, self._key, surely=doubtful)
        if place is None or self._credit < len(raw) - place:
            return None
        self._credit -= len(raw) - place
        self._ended = False
        self._again.append((self._piece, self._start, self._at))
        self._piece, self._start, self._at = raw[place:], record.start + place, 0
        self._scanner = Scanner()
        self._scanner.depth = self._floor
        self._line = record.line + raw.count(b"\n", 0, place)
        return record._replace(raw=raw[:place], cut=False, short=True).trimmed()

    def _long(self, held: bytearray, line: int, start: int, *, done: bool) -> Record:
        """A record of which only the beginning is kept; goes to its end."""
        while not done and self._more():
            self._at = self._stop(0, begun=True)
            self._line += self._piece.count(b"\n", 0, self._at)
            done = not self._scanner.inside and self._scanner.depth <= self._floor
        return Record(bytes(held), line, self._line, start, self._start + self._at, long=True)

    def _more(self) -> bool:
        """Go on to the next piece, if there is one."""
        if self._again:
            self._piece, self._start, self._at = self._again.pop()
            return True
        found = next(self._pieces, None)
        if found is None:
            return False
        (self._piece, self._start), self._at = found, 0
        return True

    def _to_value(self) -> bool:
        """Go to the next row, over blanks, commas and the brackets of the list."""
        while True:
            piece, at = self._piece, self._at
            match = (_BETWEEN if self._begun else _BEFORE).match(piece, at)
            begin = match.end() if match else at
            self._line += piece.count(b"\n", at, begin)
            self._at, opening = begin, piece[begin : begin + 1]
            if not opening:
                if not self._more():
                    return False
                continue
            if opening == b"[" and not self._begun:
                self._floor = self._scanner.depth = 1
            elif opening in {b"]", b"}"}:
                self._scanner.depth = max(0, self._scanner.depth - 1)
            else:
                self._begun = True
                return True
            self._begun = True
            self._at += 1

    def _stop(self, at: int, *, begun: bool) -> int:
        """Where the value that stands at `at` ends, or the end of the piece."""
        piece = self._piece
        if begun or piece[at : at + 1] in {b"{", b"["}:
            return self._scanner.feed(piece, at, floor=self._floor)
        match = _SCALAR.match(piece, at)
        return match.end() if match else at + 1


@lru_cache(maxsize=16)
def _like(key: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\{[ \t\r\n]{0,64}" + re.escape(key) + rb"[ \t\r\n]{0,64}:")


def _next_row(raw: bytes, key: bytes, *, surely: bool) -> int | None:
    """Where an object with the same first key begins, behind a comma, a bracket or a line break.

    Args:
        raw: A record.
        key: As it stands, with its quotes.
        surely: Only where no row could have such an object: inside of a string (quotes would have
            backslashes there), or with a key that only rows have.
    """
    if not key:
        return None
    scanner, fed = Scanner(), 0
    for match in _like(key).finditer(raw, 1):
        place = match.start()
        before = raw[max(0, place - 128) : place]
        word = before.rstrip()
        if word[-1:] not in {b",", b"}", b"]"} and b"\n" not in before[len(word) :]:
            continue
        if surely and key not in _OUTERMOST:
            scanner.feed(raw[fed:place])
            fed = place
            if not scanner.inside:
                continue
        return place
    return None
