# SPDX-License-Identifier: Apache-2.0
"""CSV, TSV and their like: the dialect is found out, records may span lines."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from evalkit.core.example import Broken
from evalkit.data.cells import unguarded
from evalkit.data.encodings import Encoding
from evalkit.data.lines import LINE_CAP, TextBlock, text_blocks
from evalkit.data.readers._records import records
from evalkit.data.table import Cells

__all__ = ["Dialect", "delimited", "dialect_of"]

_LOOK_AT = 40  # records
_ESCAPED = re.compile(r'(?<!\\)\\"')
_LONE = re.compile(r'(?<!\\)\\"(?=[^",;|\t\r\n])')  # what no cell has whose quotes are doubled
_SURE = 0.9  # evenness from which on an unusual dialect is taken
_FORGET = 1 << 14  # lines whose ends are kept


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


def _split(rows: Iterable[str], dialect: Dialect) -> Any:
    if dialect.escaped:
        # The module's own `escapechar` would take the backslash from every `\\n`, too.
        rows = (_ESCAPED.sub('""', row) for row in rows)
    if dialect.quoted:
        return csv.reader(rows, delimiter=dialect.delimiter, quotechar=dialect.quote)
    return csv.reader(rows, delimiter=dialect.delimiter, quoting=csv.QUOTE_NONE)


def delimited(
    stream: BinaryIO, encoding: Encoding, dialect: Dialect, *, cap: int = LINE_CAP
) -> Iterator[Cells]:
    """Records of a stream, the header first.

    A record that cannot be decoded or parsed says so and never ends the reading.
    """
    csv.field_size_limit(cap)
    feed = _Feed(text_blocks(stream, encoding, cap=cap), dialect)
    quote = dialect.quote if dialect.quoted else None
    ends, faults = feed.ends, feed.faults  # filled while lines are asked for
    before, forgotten = dialect.skip, 0
    found = records(iter(feed), dialect.delimiter, quote, cap)
    for row, (cells, lines, error) in enumerate(found, 1):
        for cell in cells:
            if cell[:1] == "'":  # perhaps a guard against formulas, as our writer puts it
                cells = list(map(unguarded, cells))  # noqa: PLW2901
                break
        after = before + lines
        fault = feed.fault(before, after) if faults else None
        yield Cells(
            row,
            before + 1,
            after,
            cells,
            ends[before - forgotten],
            ends[after - forgotten],
            fault or (_unreadable(error) if error else None),
        )
        before = after
        if after - forgotten > _FORGET:
            del ends[: after - forgotten]
            forgotten = after


class _Feed:
    """Gives blocks of lines and keeps where each line ends.

    Attributes:
        ends: Where the lines end in the source, after where the first of them begins; whoever
            reads drops those that are done.
        faults: What is wrong with some lines, by their index in the file.
    """

    def __init__(self, found: Iterator[TextBlock], dialect: Dialect) -> None:
        self._found, self._dialect = found, dialect
        self._count = 0
        self.ends = [0]
        self.faults: dict[int, Broken] = {}

    def __iter__(self) -> Iterator[list[str]]:
        skip = self._dialect.skip
        for block in self._found:
            texts, ends = block.texts, block.ends
            if not self._count and len(ends) == 1 and (old := _of_old_macs(texts[0])):
                texts, ends = old, ends * len(old)
            for index, fault in block.faults.items():
                self.faults[self._count + index] = fault
            self._count += len(ends)
            self.ends += ends
            if self._dialect.escaped:
                texts = [_ESCAPED.sub('""', text) for text in texts]
            yield texts[skip:]
            skip = max(0, skip - len(texts))

    def fault(self, begin: int, end: int) -> Broken | None:
        """What is wrong with the lines from one to before another; is forgotten then."""
        found = [self.faults.pop(index, None) for index in range(begin, end)]
        return next(filter(None, reversed(found)), None)


def _of_old_macs(text: str) -> list[str] | None:
    """The lines of a file that is one line as others count: carriage returns end them.

    None where that is not so, or where a first cell may hold them.
    """
    if "\r" not in text[:-1] or '"' in text.split("\r", 1)[0]:
        return None
    return text.removesuffix("\r").split("\r")


def _unreadable(error: str) -> Broken:
    return Broken(
        "ragged",
        args={
            "cause": "unreadable",
            "reason": f"the record cannot be split into cells: {error}",
            "reason_zh": f"无法把该行分成单元格：{error}",
        },
    )
