# SPDX-License-Identifier: Apache-2.0
"""Tables as data sets: by their headers, or by the conversations that their cells hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import TypeVar

from evalkit.core.errors import InputError
from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.data.columns import ColumnMap, map_columns
from evalkit.data.dataset import DataSet
from evalkit.data.encodings import Encoding
from evalkit.data.formats._layout import Layout
from evalkit.data.readers._json_cells import json_columns, json_rows, row_of
from evalkit.data.readers.delimited import Dialect, delimited, dialect_of
from evalkit.data.recognise import LOOK_AT, recognise
from evalkit.data.source import Source
from evalkit.data.table import (
    Cells,
    TableOptions,
    column_letters,
    examples,
    header_of,
    layout_of,
)

__all__ = ["delimited_table", "first_of", "tabular", "workbook"]

_ROOM = 16 << 20  # bytes, or characters
T = TypeVar("T")
Records = Callable[[], Iterator[Cells]]


def delimited_table(
    source: Source, encoding: Encoding, head: str, options: TableOptions, cap: int
) -> DataSet:
    """CSV and the like.

    Args:
        source: The file.
        encoding: Of its text.
        head: The beginning of its text.
        options: How to read it.
        cap: Longest line, in bytes.

    Raises:
        InputError: No usable headers.
        UsageError: A column that is not there.
    """
    dialect = dialect_of(head, source.path)

    def records() -> Iterator[Cells]:
        with source.open() as stream:
            yield from delimited(stream, encoding, dialect, cap=cap)

    data = DataSet(
        path=source.path,
        container="tsv" if dialect.delimiter == "\t" else "csv",
        encoding=encoding.name,
        bom=encoding.bom,
        format="openai-chat",
        columns={},
        evidence=encoding.evidence,
        notes=_dialect_note(dialect),
    )
    return tabular(source, records, options, data)


def workbook(source: Source, options: TableOptions) -> DataSet:
    """A sheet of a workbook; arguments and errors as for `delimited_table`."""
    from evalkit.data.readers.xlsx import opened, sheets, xlsx

    book = opened(source)
    found = sheets(book)
    if not found:
        raise InputError(f"{source.path} has no sheet", "is it a chart?")
    sheet = options.sheet or found[0]
    others = [excerpt(name) for name in found if name != sheet]
    note = f"read sheet `{excerpt(sheet)}`; there is also {', '.join(others)}: --sheet NAME"
    data = DataSet(
        path=source.path,
        container="xlsx",
        encoding="utf-8",
        bom=False,
        format="openai-chat",
        columns={},
        evidence="a workbook holds Unicode",
        notes=(note,) if others else (),
        sheet=sheet,
    )
    # What was unpacked to see the header is used for the first reading, too.
    first = xlsx(book, sheet, source.path)
    return tabular(
        source, lambda: xlsx(opened(source), sheet, source.path), options, data, first=first
    )


def tabular(
    source: Source,
    records: Records,
    options: TableOptions,
    data: DataSet,
    *,
    first: Iterator[Cells] | None = None,
) -> DataSet:
    """The data set of a table: of one whose cells hold conversations, or by its headers.

    Args:
        source: The file.
        records: Reads it from its header on.
        options: How to read it.
        data: What is known of it; is filled in.
        first: The same as `records()`, begun already.

    Raises:
        InputError: No usable headers.
        UsageError: A column that is not there.
    """
    found = first or records()
    held = first_of(found, lambda record: sum(map(len, record.cells)))
    header = next((record for record in held if any(map(str.strip, record.cells))), None)
    if header is not None and options.header and not (options.columns or options.templates):
        below = held[held.index(header) + 1 :]
        if columns := json_columns(header.cells, below):
            told = (row_of(record, header.cells, columns) for record in below)
            known = recognise([value for value, fault in told if fault is None])
            if known is not None:
                return _with_json_cells(source, records, header, columns, known, data)
    return _mapped(source, records, options, data, first=chain(held, found) if first else None)


def first_of(found: Iterator[T], size: Callable[[T], int]) -> list[T]:
    """What is looked at to tell what the rest is: few rows where they are huge."""
    first: list[T] = []
    room = _ROOM
    for one in islice(found, LOOK_AT):
        first.append(one)
        room -= size(one)
        if room < 0:
            break
    return first


def _with_json_cells(
    source: Source,
    records: Records,
    header: Cells,
    columns: frozenset[int],
    known: Layout,
    data: DataSet,
) -> DataSet:
    names = [header.cells[index].strip() for index in sorted(columns)]
    data.format, data.headers = known.name, tuple(header.cells)
    data.notes += (
        f"the cells of {', '.join(map(excerpt, names))} hold JSON: read as {known.name}",
    )

    def rows() -> Iterator[Example]:
        found = records()
        header_of(found, source.path)
        return json_rows(found, header.cells, columns, known, source=source.path, sheet=data.sheet)

    data._rows = rows  # noqa: SLF001
    return data


def _dialect_note(dialect: Dialect) -> tuple[str, ...]:
    told = []
    if dialect.delimiter not in ",\t":
        told.append(f"cells are separated by `{dialect.delimiter}`")
    if dialect.quote == "'":
        told.append("cells stand in single quotes")
    if dialect.escaped:
        told.append("quotes inside cells have a backslash")
    return tuple(told)


def _mapped(
    source: Source,
    records: Records,
    options: TableOptions,
    data: DataSet,
    *,
    first: Iterator[Cells] | None = None,
) -> DataSet:
    """The data set of a table, its columns matched to roles."""
    header = header_of(first or records(), source.path)
    if header is None:
        return data
    width = len(header.cells)
    names = header.cells if options.header else [column_letters(i) for i in range(width)]
    columns: ColumnMap = map_columns(
        names,
        options.columns,
        source=source.path,
        system=options.system is not None,
        templates=options.templates,
        numbered=not options.header,
    )
    data.format = layout_of(columns)
    data.columns = columns.shown
    data.headers = tuple(names)
    data.notes += columns.notes
    begun = [first] if first else []

    def rows() -> Iterator[Example]:
        found = begun.pop() if begun else None
        top: Cells | None = header
        if found is None:
            found = records()
            top = header_of(found, source.path)
        if not options.header and top is not None:
            found = chain([top], found)
        return examples(
            found,
            columns,
            width,
            source=source.path,
            system=options.system,
            sheet=data.sheet,
        )

    data._rows = rows  # noqa: SLF001
    return data
