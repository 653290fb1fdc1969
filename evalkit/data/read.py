# SPDX-License-Identifier: Apache-2.0
"""Opens any file that holds examples: what it is is told by its bytes, not by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import Example
from evalkit.data.dataset import DataSet, JsonRows
from evalkit.data.encodings import Encoding, detect, named
from evalkit.data.lines import LINE_CAP
from evalkit.data.readers._json_cells import json_columns
from evalkit.data.reading import Reading, named_reading, reading_of
from evalkit.data.recognise import LOOK_AT, recognise
from evalkit.data.recognise import layout as layout_named
from evalkit.data.source import HEAD, Source, open_source
from evalkit.data.table import Cells, TableOptions
from evalkit.data.tabular import delimited_table, first_of, tabular, workbook
from evalkit.data.write import json_line

if TYPE_CHECKING:
    from evalkit.data.keymap import KeyMap

__all__ = ["DataSet", "TableOptions", "open_data"]

_NO_LAYOUTS: Mapping[str, KeyMap] = MappingProxyType({})
_CALLED = {"text": "text", "parquet": "Parquet"}  # others are called by their letters
_NO_TABLES = frozenset({"json", "jsonl", "text"})
_TEXT = frozenset({".txt", ".text"})
_LIST = re.compile(r'\[\s*(?:[\[{"\d\]-]|true|false|null|$)')  # "[Chapter 1]" is none


def open_data(
    path: str | Path,
    *,
    table: TableOptions | None = None,
    format: str | None = None,  # noqa: A002  (what users call it)
    max_line_bytes: int | None = None,
    name: str | None = None,
    layouts: Mapping[str, KeyMap] = _NO_LAYOUTS,
    guess: bool = False,
) -> DataSet:
    """The examples of a file.

    Args:
        path: JSONL, JSON, CSV, TSV or text, packed by gzip (or zstd, an extra) as well; a workbook
            or Parquet (an extra). "-" is standard input: it is read once and may be opened as
            often as wanted.
        table: How to read a table.
        format: Name of the layout, where it shall not be told from the first rows.
        max_line_bytes: A longer line is one broken record; None = 16 MiB.
        name: What to call the file in messages and locations; None = its path.
        layouts: Layouts beside evalkit's own, by name: of JSON rows, as a configuration describes
            them (`data.layouts.described`). They are recognised first.
        guess: Whether the usual names of keys tell what JSON rows of no known layout hold, as
            those of columns do for tables.

    Raises:
        InputError: A missing file, a folder, a PDF or the like, a table without usable headers.
        UsageError: A column, sheet, encoding or layout that is not there, or a sheet of a file that
            is no workbook.
        MissingExtraError: Parquet, or packed by zstd, and the extra is not installed.
    """
    options = table or TableOptions()
    wanted = named_reading(format, layouts) if format else None
    cap = LINE_CAP if max_line_bytes is None else max_line_bytes
    source = open_source(path, name)
    rows = _Wanted(wanted, layouts, guess)
    if source.workbook:
        data = workbook(source, options)
    elif source.parquet:
        data = _parquet(source, options, rows, cap)
    else:
        data = _text_file(source, options, rows, cap)
    _suits(data, options)
    data.size, data.packing, data.place = source.size, source.packing, source.place
    data.max_line_bytes = cap
    return data


def _suits(data: DataSet, options: TableOptions) -> None:
    """Whether what was said of a table or a workbook can hold of such a file.

    Raises:
        UsageError: It cannot.
    """
    kind = _CALLED.get(data.container, data.container.upper())
    if options.sheet is not None and data.container != "xlsx":
        raise UsageError(f"--sheet is for workbooks; {data.path} is {kind}", "leave it out")
    if not options.header and data.container in _NO_TABLES:
        raise UsageError(f"--no-header is for tables; {data.path} is {kind}", "leave it out")


class _Wanted(NamedTuple):
    """How to read JSON rows.

    Attributes:
        reading: As the user says; None = as the rows tell.
        described: Layouts of the configuration.
        guess: Whether usual names of keys will do.
    """

    reading: Reading | None
    described: Mapping[str, KeyMap]
    guess: bool


def _text_file(source: Source, options: TableOptions, wanted: _Wanted, cap: int) -> DataSet:
    with source.open() as stream:
        if options.encoding:
            encoding = named(options.encoding, source.head)
        else:
            encoding = detect(stream, source.size, seekable=not source.packing)
    head = _text(source.head, encoding)
    container = _container(source.path, head, whole=len(source.head) < HEAD)
    if container == "table":
        return _table_or_text(source, encoding, head, options, wanted, cap)
    if container == "unlike":  # named .jsonl, and not one line is JSON: a table perhaps?
        try:
            return delimited_table(source, encoding, head, options, cap)
        except InputError:
            container = "jsonl"
    return _json(source, encoding, container, options, wanted, cap)


def _text(head: bytes, encoding: Encoding) -> str:
    return head[encoding.mark :].decode(encoding.codec, "replace")


def _container(path: str, head: str, *, whole: bool) -> str:
    """What it holds: "jsonl", "json", "table", or "unlike" (named JSON but nothing like it)."""
    suffixes = {s.lower() for s in Path(path).suffixes[-2:]}
    claims_json = bool(suffixes & {".jsonl", ".json", ".ndjson"})
    rows = [line.strip() for line in head.lstrip("\ufeff").split("\n")]
    if not whole and len(rows) > 1:
        rows.pop()  # cut in the middle
    rows = [row for row in rows if row]
    if not rows:
        return "jsonl" if claims_json else "table"
    first = rows[0]
    if first.startswith("[") and (_LIST.match(first) or not suffixes & _TEXT):
        return "jsonl" if len(rows) > 1 and _is_json(first) else "json"
    objects = [row for row in rows if row.startswith("{")]
    if first.startswith("{"):
        return "json" if ".json" in suffixes and not _is_json(first) and first == "{" else "jsonl"
    if len(objects) * 2 >= len(rows) and (claims_json or any(map(_is_json, objects))):
        return "jsonl"
    return "unlike" if claims_json else "table"


def _is_json(text: str) -> bool:
    from jiter import from_json

    try:
        from_json(text.encode("utf-8", "surrogatepass"))
    except ValueError:
        return False
    return True


def _json(
    source: Source,
    encoding: Encoding,
    container: str,
    options: TableOptions,
    wanted: _Wanted,
    cap: int,
) -> DataSet:
    reading = wanted.reading
    rows = JsonRows(source, encoding, container, reading or Reading(), cap)
    if reading is None or options.columns or options.templates:
        told = (e for e in rows() if e.broken is None or e.broken.kind != "blank")
        reading = reading_of(
            [e.broken.recovered if e.broken else e.value for e in islice(told, LOOK_AT)],
            source=source.path,
            options=options,
            described=wanted.described,
            guess=wanted.guess,
            named=reading,
        )
        rows = replace(rows, reading=reading)
    return DataSet(
        path=source.path,
        container=container,
        encoding=encoding.name,
        bom=encoding.bom,
        format=reading.format,
        columns=reading.columns,
        evidence=encoding.evidence,
        notes=reading.notes,
        key_map=reading.key_map,
        _rows=rows,
    )


def _table_or_text(
    source: Source, encoding: Encoding, head: str, options: TableOptions, wanted: _Wanted, cap: int
) -> DataSet:
    """A table, if it is one; what is named as text and has no headers that are known is text."""
    from evalkit.data.readers.plain_text import KINDS

    if {s.lower() for s in Path(source.path).suffixes[-2:]} & _TEXT:
        told = wanted.reading.format if wanted.reading else None
        if told in KINDS:
            return _plain_text(source, encoding, wanted.reading, cap)
        if not (options.columns or options.templates):
            try:
                return delimited_table(source, encoding, head, options, cap)
            except InputError as error:
                if len(getattr(error, "headers", ())) > 1:  # some header is known
                    raise
            return _plain_text(source, encoding, None, cap)
    return delimited_table(source, encoding, head, options, cap)


def _plain_text(source: Source, encoding: Encoding, reading: Reading | None, cap: int) -> DataSet:
    from evalkit.data.readers.plain_text import KINDS, NOTE, plain_text

    name = reading.format if reading and reading.format else KINDS[0]

    def rows() -> Iterator[Example]:
        with source.open() as stream:
            yield from plain_text(stream, source.path, encoding, layout_named(name), cap=cap)

    return DataSet(
        path=source.path,
        container="text",
        encoding=encoding.name,
        bom=encoding.bom,
        format=name,
        columns={},
        evidence=encoding.evidence,
        notes=() if reading else (NOTE,),
        _rows=rows,
    )


def _parquet(source: Source, options: TableOptions, wanted: _Wanted, cap: int) -> DataSet:
    """Rows as objects; a flat table of no known layout by its columns."""
    from evalkit.data.readers.parquet import flat_columns, parquet, parquet_cells, values

    data = DataSet(
        path=source.path,
        container="parquet",
        encoding="utf-8",
        bom=False,
        format=None,
        columns={},
        evidence="Parquet holds Unicode",
    )
    reading, asked = wanted.reading, bool(options.columns or options.templates)
    if reading is None or asked:
        found = (value for _, value in values(source, cap=cap) if isinstance(value, dict))
        first = first_of(found, lambda row: len(json_line(row)))
        columns = flat_columns(source)
        if columns is not None and reading is None:
            texts = [Cells(0, 0, 0, [str(row.get(name, "")) for name in columns]) for row in first]
            known = recognise(first, [one.layout for one in wanted.described.values()])
            if asked or known is None or json_columns(columns, texts):

                def records() -> Iterator[Cells]:
                    return parquet_cells(source, columns, cap=cap)

                return tabular(source, records, options, data)
        reading = reading_of(
            first,
            source=source.path,
            options=options,
            described=wanted.described,
            guess=wanted.guess,
            named=reading,
        )
    data.format, data.columns = reading.format, reading.columns
    data.notes, data.key_map = reading.notes, reading.key_map

    def rows() -> Iterator[Example]:
        yield from reading.with_fields(parquet(source, reading.layout, cap=cap))

    data._rows = rows  # noqa: SLF001
    return data
