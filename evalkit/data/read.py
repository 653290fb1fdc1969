# SPDX-License-Identifier: Apache-2.0
"""Opens any file that holds examples: what it is is told by its bytes, not by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from evalkit.core.errors import InputError
from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.data.columns import ColumnMap, map_columns
from evalkit.data.encodings import Encoding, detect, named
from evalkit.data.formats._layout import Layout
from evalkit.data.readers.delimited import Dialect, delimited, dialect_of
from evalkit.data.readers.json_document import json_document
from evalkit.data.readers.jsonl import jsonl
from evalkit.data.recognise import LOOK_AT, layout, recognise
from evalkit.data.source import HEAD, Source, open_source
from evalkit.data.table import Cells, TableOptions, examples, header_of

__all__ = ["DataSet", "TableOptions", "open_data"]

Rows = Callable[[], Iterator[Example]]


@dataclass(slots=True)
class DataSet:
    """The examples of one file; iterating reads the file anew each time, and never holds it.

    Attributes:
        path: As the user wrote it.
        container: "jsonl", "json", "csv", "tsv" or "xlsx".
        encoding: "utf-8", "gb18030", "big5", "windows-1252", "utf-16-le", ...
        bom: Whether the file begins with a byte-order mark.
        format: Name of the layout of its rows; None where they have none that is known.
        columns: Role to header, for tables.
        evidence: Why this encoding.
        notes: What was decided and could be decided otherwise, one sentence each.
        sheet: The sheet that is read, for workbooks.
        size: Bytes on disk.
        packing: "gzip", "zstd" or "".
        lines: Physical lines (rows of a sheet) up to the last record; 0 until it was read to the
            end once.
        examples: Records that are not blank, broken ones too; 0 until then.
    """

    path: str
    container: str
    encoding: str
    bom: bool
    format: str | None
    columns: Mapping[str, str]
    evidence: str
    notes: tuple[str, ...] = ()
    sheet: str | None = None
    size: int = 0
    packing: str = ""
    lines: int = 0
    examples: int = 0
    _rows: Rows = field(default=lambda: iter(()), repr=False)

    def __iter__(self) -> Iterator[Example]:
        """Examples in order.

        Raises:
            InputError: The file is gone, or its archive is damaged.
        """
        line = number = 0
        for example in self._rows():
            line = example.location.end_line or line
            number = example.location.number or number
            yield example
        self.lines, self.examples = line, number


def open_data(
    path: str | Path,
    *,
    table: TableOptions | None = None,
    format: str | None = None,  # noqa: A002  (what users call it)
) -> DataSet:
    """The examples of a file.

    Args:
        path: JSONL, JSON, CSV, TSV or a workbook; packed by gzip (or zstd, an extra) as well.
        table: How to read a table.
        format: Name of the layout, where it shall not be told from the first rows.

    Raises:
        InputError: A missing file, a folder, a PDF or the like, a table without usable headers.
        UsageError: A column, sheet, encoding or layout that is not there.
        MissingExtraError: The file is packed by zstd and the extra is not installed.
    """
    options = table or TableOptions()
    wanted = layout(format) if format else None
    source = open_source(path)
    if source.workbook:
        return _workbook(source, options)
    with source.open() as stream:
        if options.encoding:
            encoding = named(options.encoding, source.head)
        else:
            encoding = detect(stream, source.size, seekable=not source.packing)
    head = _text(source.head, encoding)
    container = _container(source.path, head, whole=len(source.head) < HEAD)
    if container == "table":
        return _table(source, encoding, head, options)
    if container == "unlike":  # named .jsonl, and not one line is JSON: a table perhaps?
        try:
            return _table(source, encoding, head, options)
        except InputError:
            container = "jsonl"
    return _json(source, encoding, container, wanted)


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
    if first.startswith("["):
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


def _json(source: Source, encoding: Encoding, container: str, wanted: Layout | None) -> DataSet:
    read = json_document if container == "json" else jsonl

    def rows(known: Layout | None) -> Iterator[Example]:
        with source.open() as stream:
            yield from read(stream, source.path, encoding, known)

    if wanted is None:
        first = islice(rows(None), LOOK_AT)
        wanted = recognise(e.broken.recovered if e.broken else e.value for e in first)
    return DataSet(
        path=source.path,
        container=container,
        encoding=encoding.name,
        bom=encoding.bom,
        format=wanted.name if wanted else None,
        columns={},
        evidence=encoding.evidence,
        size=source.size,
        packing=source.packing,
        _rows=lambda: rows(wanted),
    )


def _table(source: Source, encoding: Encoding, head: str, options: TableOptions) -> DataSet:
    dialect = dialect_of(head, source.path)

    def records() -> Iterator[Cells]:
        with source.open() as stream:
            yield from delimited(stream, encoding, dialect)

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
    return _mapped(source, records, options, data)


def _dialect_note(dialect: Dialect) -> tuple[str, ...]:
    return () if dialect.delimiter in ",\t" else (f"cells are separated by `{dialect.delimiter}`",)


def _workbook(source: Source, options: TableOptions) -> DataSet:
    from evalkit.data.readers.xlsx import sheets, xlsx

    found = sheets(source.path)
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
    return _mapped(source, lambda: xlsx(source.path, sheet), options, data)


def _mapped(
    source: Source, records: Callable[[], Iterator[Cells]], options: TableOptions, data: DataSet
) -> DataSet:
    """The data set of a table, its columns matched to roles."""
    data.size, data.packing = source.size, source.packing
    header = header_of(records(), source.path)
    if header is None:
        return data
    constant = options.system is not None
    columns: ColumnMap = map_columns(
        header.cells, options.columns, source=source.path, system=constant
    )
    data.columns = columns.shown
    data.notes += columns.notes
    width = len(header.cells)

    def rows() -> Iterator[Example]:
        found = records()
        header_of(found, source.path)
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
