# SPDX-License-Identifier: Apache-2.0
"""Opens any file that holds examples: what it is is told by its bytes, not by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from evalkit.core.errors import InputError
from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.data.columns import ColumnMap, map_columns
from evalkit.data.encodings import Encoding, detect, named
from evalkit.data.formats._layout import Layout
from evalkit.data.lines import LINE_CAP
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
        path: As the user wrote it, or as it is to be called.
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
        headers: Headers of a table, as they stand there.
        place: Where the bytes lie: `path`, but for standard input and files under another name.
        max_line_bytes: A longer line is one broken record.
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
    headers: tuple[str, ...] = ()
    place: str = ""
    max_line_bytes: int = LINE_CAP
    lines: int = 0
    examples: int = 0
    _rows: Rows = field(default=lambda: iter(()), repr=False)

    def __iter__(self) -> Iterator[Example]:
        """Examples in order.

        Raises:
            InputError: The file is gone, or its archive is damaged.
        """
        number, example, valid = 0, None, None
        for example in self._rows():
            if example.broken is None:
                valid = example
            else:
                number = example.location.number or number  # None: a blank line
            yield example
        self.lines = (example.location.end_line or 0) if example is not None else 0
        self.examples = max(number, (valid.location.number or 0) if valid is not None else 0)

    @property
    def divisible(self) -> bool:
        """Whether `part` can read it: plain JSONL in UTF-8."""
        plain = self.container == "jsonl" and not self.packing
        return plain and self.encoding == "utf-8" and isinstance(self._rows, _JsonRows)

    def part(self, start: int, stop: int | None) -> Iterator[Example]:
        """Examples between two bytes of a file that is divisible.

        Their bytes are counted from the beginning of the file, lines and numbers from the beginning
        of the part: `parts.shifted` brings them to the whole, once what comes before is counted.

        Args:
            start: 0, or one of `parts.cuts`.
            stop: The next cut; None = the end of the file.

        Raises:
            InputError: The file is gone.
            ValueError: It is not divisible.
        """
        if not self.divisible or not isinstance(self._rows, _JsonRows):
            raise ValueError(f"{self.path} cannot be read in parts")
        return self._rows.part(start, stop)


@dataclass(frozen=True, slots=True)
class _JsonRows:
    """Reads JSON; a value that can be sent to another process."""

    source: Source
    encoding: Encoding
    container: str
    format: str | None
    cap: int

    def __call__(self) -> Iterator[Example]:
        read = json_document if self.container == "json" else jsonl
        known = layout(self.format) if self.format else None
        with self.source.open() as stream:
            yield from read(stream, self.source.path, self.encoding, known, cap=self.cap)

    def part(self, start: int, stop: int | None) -> Iterator[Example]:
        known = layout(self.format) if self.format else None
        with self.source.open() as stream:
            stream.seek(start)
            path, encoding = self.source.path, self.encoding
            yield from jsonl(stream, path, encoding, known, cap=self.cap, start=start, stop=stop)


def open_data(
    path: str | Path,
    *,
    table: TableOptions | None = None,
    format: str | None = None,  # noqa: A002  (what users call it)
    max_line_bytes: int | None = None,
    name: str | None = None,
) -> DataSet:
    """The examples of a file.

    Args:
        path: JSONL, JSON, CSV, TSV or a workbook; packed by gzip (or zstd, an extra) as well. "-"
            is standard input: it is read once and may be opened as often as wanted.
        table: How to read a table.
        format: Name of the layout, where it shall not be told from the first rows.
        max_line_bytes: A longer line is one broken record; None = 16 MiB.
        name: What to call the file in messages and locations; None = its path.

    Raises:
        InputError: A missing file, a folder, a PDF or the like, a table without usable headers.
        UsageError: A column, sheet, encoding or layout that is not there.
        MissingExtraError: The file is packed by zstd and the extra is not installed.
    """
    options = table or TableOptions()
    wanted = layout(format) if format else None
    cap = LINE_CAP if max_line_bytes is None else max_line_bytes
    source = open_source(path, name)
    if source.workbook:
        data = _workbook(source, options)
    else:
        data = _text_file(source, options, wanted, cap)
    data.size, data.packing, data.place = source.size, source.packing, source.place
    data.max_line_bytes = cap
    return data


def _text_file(source: Source, options: TableOptions, wanted: Layout | None, cap: int) -> DataSet:
    with source.open() as stream:
        if options.encoding:
            encoding = named(options.encoding, source.head)
        else:
            encoding = detect(stream, source.size, seekable=not source.packing)
    head = _text(source.head, encoding)
    container = _container(source.path, head, whole=len(source.head) < HEAD)
    if container == "table":
        return _table(source, encoding, head, options, cap)
    if container == "unlike":  # named .jsonl, and not one line is JSON: a table perhaps?
        try:
            return _table(source, encoding, head, options, cap)
        except InputError:
            container = "jsonl"
    return _json(source, encoding, container, wanted, cap)


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


def _json(
    source: Source, encoding: Encoding, container: str, wanted: Layout | None, cap: int
) -> DataSet:
    rows = _JsonRows(source, encoding, container, wanted.name if wanted else None, cap)
    if wanted is None:
        told = (e for e in rows() if e.broken is None or e.broken.kind != "blank")
        first = islice(told, LOOK_AT)
        wanted = recognise(e.broken.recovered if e.broken else e.value for e in first)
        rows = replace(rows, format=wanted.name if wanted else None)
    return DataSet(
        path=source.path,
        container=container,
        encoding=encoding.name,
        bom=encoding.bom,
        format=rows.format,
        columns={},
        evidence=encoding.evidence,
        _rows=rows,
    )


def _table(
    source: Source, encoding: Encoding, head: str, options: TableOptions, cap: int
) -> DataSet:
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
    return _mapped(source, records, options, data)


def _dialect_note(dialect: Dialect) -> tuple[str, ...]:
    return () if dialect.delimiter in ",\t" else (f"cells are separated by `{dialect.delimiter}`",)


def _workbook(source: Source, options: TableOptions) -> DataSet:
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
    return _mapped(
        source, lambda: xlsx(opened(source), sheet, source.path), options, data, first=first
    )


def _mapped(
    source: Source,
    records: Callable[[], Iterator[Cells]],
    options: TableOptions,
    data: DataSet,
    *,
    first: Iterator[Cells] | None = None,
) -> DataSet:
    """The data set of a table, its columns matched to roles."""
    header = header_of(first or records(), source.path)
    if header is None:
        return data
    constant = options.system is not None
    columns: ColumnMap = map_columns(
        header.cells, options.columns, source=source.path, system=constant
    )
    data.columns = columns.shown
    data.headers = tuple(header.cells)
    data.notes += columns.notes
    width = len(header.cells)
    begun = [first] if first else []

    def rows() -> Iterator[Example]:
        if begun:
            found = begun.pop()
        else:
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
