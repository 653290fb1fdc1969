# SPDX-License-Identifier: Apache-2.0
"""CSV, TSV and their like: the dialect is found out, records may span lines."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from evalkit.core.example import Broken
from evalkit.data.encodings import Encoding
from evalkit.data.lines import LINE_CAP, Line, lines, undecodable
from evalkit.data.table import Cells

__all__ = ["Dialect", "delimited", "dialect_of"]

_LOOK_AT = 40  # records


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated.

    Attributes:
        delimiter: One character.
        quoted: Whether a quote begins a cell that may hold delimiters and line breaks.
        skip: Lines before the header: 1 for Excel's `sep=;`.
    """

    delimiter: str = ","
    quoted: bool = True
    skip: int = 0


def dialect_of(head: str, path: str) -> Dialect:
    """The dialect under which the first records have the most even number of cells.

    Args:
        head: The beginning of the text; its last line may be cut.
        path: Its suffix `.tsv` or `.tab` speaks for the tab.
    """
    rows = head.split("\n")
    if len(rows) > 1 and len(head) > 1 << 15:
        rows.pop()
    first = rows[0].strip("\ufeff\r\n ")
    if first.lower().startswith("sep=") and len(first) == 5:
        return Dialect(first[4], skip=1)
    wants_tab = path.lower().removesuffix(".gz").endswith((".tsv", ".tab"))
    candidates = [Dialect(d) for d in (("\t", ",", ";") if wants_tab else (",", "\t", ";"))]
    candidates.append(Dialect("\t", quoted=False))
    return max(candidates, key=lambda d: _evenness(rows, d))  # the first of equals


def _evenness(rows: list[str], dialect: Dialect) -> float:
    """Share of records as wide as the header, 0 where there is one column only."""
    widths: list[int] = []
    try:
        for cells in _split((row + "\n" for row in rows), dialect):
            if cells:
                widths.append(len(cells))
            if len(widths) > _LOOK_AT:
                break
    except csv.Error:
        pass
    if not widths or widths[0] < 2:
        return 0.0
    return Counter(widths)[widths[0]] / len(widths)


def _split(rows: Iterator[str], dialect: Dialect) -> Iterator[list[str]]:
    if dialect.quoted:
        return csv.reader(rows, delimiter=dialect.delimiter)
    return csv.reader(rows, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)


def delimited(
    stream: BinaryIO, encoding: Encoding, dialect: Dialect, *, cap: int = LINE_CAP
) -> Iterator[Cells]:
    """Records of a stream, the header first.

    A record that cannot be decoded or parsed says so and never ends the reading.
    """
    csv.field_size_limit(cap)
    feed = _Feed(lines(stream, encoding, cap=cap), dialect.skip, encoding)
    reader = _split(feed, dialect)
    row = 0
    while True:
        line, start = feed.count + 1, feed.end
        cells: list[str] = []
        fault: Broken | None = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = _unreadable(str(error))
        row += 1
        yield Cells(
            row=row,
            line=line,
            end_line=max(line, feed.count),
            cells=cells,
            start=start,
            end=feed.end,
            fault=feed.fault() or fault,
        )


class _Feed:
    """Gives text lines to the csv module and remembers where it stands."""

    def __init__(self, found: Iterator[Line], skip: int, encoding: Encoding) -> None:
        self._found, self._encoding = found, encoding
        self._pending: list[str] = []
        self._fault: Broken | None = None
        self.count = self.end = 0
        for _ in range(skip):
            next(self, None)

    def __iter__(self) -> _Feed:
        return self

    def fault(self) -> Broken | None:
        """What was wrong with the lines given since this was asked last."""
        fault, self._fault = self._fault, None
        return fault

    def __next__(self) -> str:
        if self._pending:
            self.count += 1
            return self._pending.pop()
        raw, _, self.end, fault = next(self._found)
        self.count += 1
        if fault:
            self._fault = fault
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            self._fault = undecodable(error, self.end - len(raw) - 1, self._encoding.name)
            text = raw.decode("utf-8", "replace")
        if "\r" in text[:-1] and "\n" not in text and self._alone(text):
            first, *more = text.removesuffix("\r").split("\r")
            self._pending = [piece + "\n" for piece in reversed(more)]
            return first + "\n"
        return text + "\n"

    def _alone(self, text: str) -> bool:
        """Whether the lines of the file end in carriage returns, as those of old Macs."""
        return self.count == 1 and '"' not in text.split("\r", 1)[0]


def _unreadable(error: str) -> Broken:
    return Broken(
        "ragged",
        args={
            "cause": "unreadable",
            "reason": f"the record cannot be split into cells: {error}",
            "reason_zh": f"无法把该行分成单元格：{error}",
        },
    )
