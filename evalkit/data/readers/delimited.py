# SPDX-License-Identifier: Apache-2.0
"""CSV, TSV and their like: the dialect is found out, records may span lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import StringIO
from itertools import chain, islice
from typing import Any, BinaryIO

from evalkit.core.example import Broken
from evalkit.data.cells import unguarded
from evalkit.data.encodings import Encoding
from evalkit.data.lines import LINE_CAP, TextBlock, text_blocks
from evalkit.data.table import Cells

__all__ = ["Dialect", "delimited", "dialect_of"]

_LOOK_AT = 40  # records
_ESCAPED = re.compile(r'(?<!\\)\\"')
_LONE = re.compile(r'(?<!\\)\\"(?=[^",;|\t\r\n])')  # what no cell has whose quotes are doubled
_SURE = 0.9  # evenness from which on an unusual dialect is taken
_FORGET = 1 << 14  # lines whose ends are kept
_ANY_SIZE = (1 << 31) - 1
_ENOUGH = 3  # records that fit the header, for a quote above them to be taken for a stray one


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are separated.

    Attributes:
        delimiter: One character.
        quoted: Whether a quote begins a cell that may hold delimiters and line breaks.
        quote: The quote.
        escaped: Whether a backslash stands before a quote inside a cell, as Spark and MySQL write.
        skip: Lines before the header: 1 for Excel's `sep=;`.
    """

    delimiter: str = ","
    quoted: bool = True
    quote: str = '"'
    escaped: bool = False
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
    delimiters = ("\t", ",", ";", "|") if wants_tab else (",", "\t", ";", "|")
    candidates = [Dialect(delimiter) for delimiter in delimiters]
    candidates.append(Dialect("\t", quoted=False))
    best = max(candidates, key=lambda d: _evenness(rows, d))  # the first of equals
    evenness = _evenness(rows, best)
    unusual = [replace(best, escaped=True)] if best.quoted and _LONE.search(head) else []
    unusual += [Dialect(d, quote="'") for d in delimiters if _single_quoted(rows, d)]
    for dialect in unusual:
        if _evenness(rows, dialect) >= max(evenness, _SURE):
            return dialect
    return best


def _single_quoted(rows: list[str], delimiter: str) -> bool:
    """Whether cells stand in single quotes, as SQL writes them: the header does, or a row does."""
    full = [row.strip("\r\n ") for row in rows if row.strip()][:2]
    return any(
        row.startswith("'") and row.endswith("'") and f"'{delimiter}'" in row for row in full
    )


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


def _split(rows: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Any:
    if dialect.escaped:
        # The module's own `escapechar` would take the backslash from every `\\n`, too.
        rows = (_ESCAPED.sub('""', row) for row in rows)
    return csv.reader(rows, _rules(dialect, strict))


@cache
def _rules(dialect: Dialect, strict: bool) -> Any:
    """The same for the module; to make it takes longer than to read a row."""
    if dialect.quoted:
        reader = csv.reader((), delimiter=dialect.delimiter, quotechar=dialect.quote, strict=strict)
    else:
        reader = csv.reader((), delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)
    return reader.dialect


def delimited(
    stream: BinaryIO, encoding: Encoding, dialect: Dialect, *, cap: int = LINE_CAP
) -> Iterator[Cells]:
    """Records of a stream, the header first.

    A record that cannot be decoded or parsed says so and never ends the reading.
    """
    csv.field_size_limit(cap)
    row, before, forgotten, width = 0, 0, 0, 0
    feed = _Feed(text_blocks(stream, encoding, cap=cap), lambda: before)
    found: Iterator[str] = chain.from_iterable(feed)
    before = base = sum(1 for _ in islice(found, dialect.skip))
    # Strict costs nothing, and stops where a quote is not closed as it should be.
    reader = _split(found, dialect, strict=True)
    ends, faults = feed.ends, feed.faults  # filled while the reader asks for lines
    again: _Again | None = None
    while True:
        try:
            for cells in reader:
                for cell in cells:
                    if cell[:1] == "'":  # perhaps a guard against formulas, as our writer puts it
                        cells = list(map(unguarded, cells))  # noqa: PLW2901
                        break
                row += 1
                if not width:
                    width = len(cells)
                after = reader.line_num + base
                yield Cells(
                    row,
                    before + 1,
                    after,
                    cells,
                    ends[before - forgotten],
                    ends[after - forgotten],
                    feed.fault(before, after) if faults else None,
                )
                before = after
                if after - forgotten > _FORGET:
                    del ends[: after - forgotten]
                    forgotten = after
        except csv.Error as error:
            row += 1
            again = again or _Again(feed, before)
            held = again.between(before, reader.line_num + base)
            csv.field_size_limit(_ANY_SIZE)
            cells, count, fault = _mended(held, before, dialect, width, str(error))
            csv.field_size_limit(cap)
            after = before + count
            fault = feed.fault(before, after) or fault
            cells = list(map(unguarded, cells))
            width = width or len(cells)
            start, end = ends[before - forgotten], ends[after - forgotten]
            yield Cells(row, before + 1, after, cells, start, end, fault)
            before = base = after
            again.back_to(after)
            reader = _split(again, dialect, strict=True)
        else:
            return


def _mended(
    held: Sequence[str], before: int, dialect: Dialect, width: int, error: str
) -> tuple[list[str], int, Broken | None]:
    """What a record is that breaks the rules of CSV: its cells, number of lines, and the fault.

    A quote amid a cell of one line is taken as it comes. One that is open at the end of a line, and
    closes never or before more text of its cell, has swallowed rows: they are read as rows where
    they are as wide as the header, and are part of the broken record else.

    Args:
        held: Its lines up to the one where the reader stopped.
        before: Lines before it.
        dialect: Of the file.
        width: Number of columns; 0 = not known.
        error: Why the reader stopped.
    """
    try:
        cells, opened = _taken(held, dialect)
        if len(held) > 1:
            _, earlier = _taken(held[:-1], dialect)
            if earlier is not None and not _closes(held[-1], dialect):
                opened = earlier
    except csv.Error:
        return [], len(held), _unreadable(error)
    if opened is None:
        return cells, len(held), None
    fault = _unclosed(before + opened + 1)
    if _fit(held[opened + 1 :], dialect, width):
        return _taken(held[: opened + 1], dialect)[0], opened + 1, fault
    return cells, len(held), fault if "limit" not in error else _unreadable(error)


def _taken(held: Sequence[str], dialect: Dialect) -> tuple[list[str], int | None]:
    """The cells of a record, and the index of the line whose quote is open at its end, if any is.

    Raises:
        csv.Error: A carriage return stands alone.
    """
    reader = _split([*held, "\n"], dialect)
    cells: list[str] = next(reader)
    if reader.line_num <= len(held):
        return cells, None
    opened = len(held) + 1 - cells[-1].count("\n")
    return [*cells[:-1], cells[-1].removesuffix("\n")], opened


def _closes(line: str, dialect: Dialect) -> bool:
    """Whether the first quote of a line closes a cell: what follows is no part of the cell."""
    if dialect.escaped:
        line = _ESCAPED.sub('""', line)
    rest = line.replace(dialect.quote * 2, "").partition(dialect.quote)[1:]
    return rest[0] != "" and rest[1][:1] in {dialect.delimiter, "\r", "\n", ""}


def _fit(rows: Sequence[str], dialect: Dialect, width: int) -> bool:
    """Whether lines are surely records below a header of so many columns, by the first of them."""
    try:
        widths = [len(cells) for cells in islice(_split(rows, dialect, strict=True), _LOOK_AT)]
    except csv.Error:
        return False
    return width > 1 and len(widths) >= _ENOUGH and {*widths} == {width}


class _Feed:
    """Gives blocks of lines and keeps where each line ends.

    Attributes:
        ends: Where the lines end in the source, after where the first of them begins; whoever
            reads drops those that are done.
        faults: What is wrong with some lines, by their index in the file.
        begun: Tells how many lines were before the record that is being read.
    """

    def __init__(self, found: Iterator[TextBlock], begun: Callable[[], int]) -> None:
        self._found = found
        self._count = 0
        self._kept: list[
            tuple[int, int, Iterable[str]]
        ] = []  # blocks that the record may reach into
        self.begun = begun
        self.ends = [0]
        self.faults: dict[int, Broken] = {}

    def __iter__(self) -> Iterator[Iterable[str]]:
        for block in self._found:
            texts, ends = block.texts, block.ends
            if not self._count and len(ends) == 1:
                [text] = texts
                texts = _of_old_macs(text) or [text]
                ends = ends * len(texts)
            for index, fault in block.faults.items():
                self.faults[self._count + index] = fault
            self._kept.append((self._count, self._count + len(ends), texts))
            self._count += len(ends)
            self.ends += ends
            yield texts
            begun = self.begun()
            while self._kept and self._kept[0][1] <= begun:
                del self._kept[0]

    def since(self, index: int) -> list[str]:
        """The lines from one on, of the blocks that were given."""
        found: list[str] = []
        for begin, _, texts in self._kept:
            if isinstance(texts, StringIO):
                texts.seek(0)
            found += islice(texts, max(0, index - begin), None)
        return found

    def fault(self, begin: int, end: int) -> Broken | None:
        """What is wrong with the lines from one to before another; is forgotten then."""
        found = [self.faults.pop(index, None) for index in range(begin, end)]
        return next(filter(None, reversed(found)), None)


class _Again:
    """Lines from some one on, which can be gone back to as far as the record that is being read."""

    def __init__(self, feed: _Feed, index: int) -> None:
        self._lines, self._first, self._at = feed.since(index), index, 0
        self._rest, self._begun = iter(feed), feed.begun

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._at == len(self._lines):
            more = next(self._rest)
            done = self._begun() - self._first
            self._lines = [*self._lines[done:], *more]
            self._first += done
            self._at -= done
        self._at += 1
        return self._lines[self._at - 1]

    def between(self, begin: int, end: int) -> list[str]:
        """Lines that were read, by their indexes in the file."""
        return self._lines[begin - self._first : end - self._first]

    def back_to(self, index: int) -> None:
        """The line to give next."""
        self._at = index - self._first


def _of_old_macs(text: str) -> list[str] | None:
    """The lines of a file that is one line as others count: carriage returns end them.

    None where that is not so, or where a first cell may hold them.
    """
    text = text.removesuffix("\n")
    if "\r" not in text[:-1] or '"' in text.split("\r", 1)[0]:
        return None
    return [piece + "\n" for piece in text.removesuffix("\r").split("\r")]


def _unreadable(error: str) -> Broken:
    return Broken(
        "ragged",
        args={
            "cause": "unreadable",
            "reason": f"the record cannot be split into cells: {error}",
            "reason_zh": f"无法把该行分成单元格：{error}",
        },
    )


def _unclosed(line: int) -> Broken:
    return Broken(
        "ragged",
        args={
            "cause": "unclosed",
            "line": str(line),
            "reason": f"a quote that opens in line {line} is never closed",
            "reason_zh": f"第 {line} 行的引号没有闭合",
        },
    )
