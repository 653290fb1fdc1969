# SPDX-License-Identifier: Apache-2.0
"""The examples of one file, read anew each time they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evalkit.core.example import Example
from evalkit.core.printable import printable
from evalkit.data.encodings import Encoding
from evalkit.data.formats._layout import Layout
from evalkit.data.lines import LINE_CAP
from evalkit.data.readers.json_document import json_document
from evalkit.data.readers.jsonl import jsonl
from evalkit.data.reading import Reading
from evalkit.data.recognise import layout as layout_named
from evalkit.data.source import Source

if TYPE_CHECKING:
    from evalkit.data.keymap import KeyMap

__all__ = ["DataSet", "JsonRows", "Rows"]

Rows = Callable[[], Iterator[Example]]


@dataclass(slots=True)
class DataSet:
    """The examples of one file; iterating reads the file anew each time, and never holds it.

    Attributes:
        path: As the user wrote it, or as it is to be called.
        container: "jsonl", "json", "csv", "tsv", "xlsx", "parquet" or "text".
        encoding: "utf-8", "gb18030", "big5", "windows-1252", "utf-16-le", ...
        bom: Whether the file begins with a byte-order mark.
        format: Name of the layout of its rows; None where they have none that is known.
        columns: Role to header, for tables; to key, for JSON rows whose keys were named or guessed.
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
        key_map: The layout, where it is described by a configuration, named or guessed.
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
    key_map: KeyMap | None = None
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
    def layout(self) -> Layout | None:
        """The layout of its rows; None where they have none that is known."""
        if self.key_map is not None:
            return self.key_map.layout
        return layout_named(self.format) if self.format else None

    def _repr_html_(self) -> str:
        """What was found out, as a table for notebooks; everything in it is escaped."""
        from html import escape

        facts = {
            "rows are": self.format or "of no known layout",
            "container": ", ".join(filter(None, (self.container, self.packing, self.sheet))),
            "encoding": f"{self.encoding} ({self.evidence})",
            "columns": ", ".join(f"{role} = {name}" for role, name in self.columns.items()),
            "notes": "; ".join(self.notes),
        }
        body = "".join(
            f"<tr><td>{escape(name)}</td><td>{escape(printable(told))}</td></tr>"
            for name, told in facts.items()
            if told
        )
        return f"<table><caption>{escape(printable(self.path))}</caption>{body}</table>"

    @property
    def divisible(self) -> bool:
        """Whether `part` can read it: plain JSONL in UTF-8."""
        plain = self.container == "jsonl" and not self.packing
        return plain and self.encoding == "utf-8" and isinstance(self._rows, JsonRows)

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
        if not self.divisible or not isinstance(self._rows, JsonRows):
            raise ValueError(f"{self.path} cannot be read in parts")
        return self._rows.part(start, stop)


@dataclass(frozen=True, slots=True)
class JsonRows:
    """Reads JSON; a value that can be sent to another process."""

    source: Source
    encoding: Encoding
    container: str
    reading: Reading
    cap: int

    def __call__(self) -> Iterator[Example]:
        """All rows."""
        read = json_document if self.container == "json" else jsonl
        known = self.reading.layout
        with self.source.open() as stream:
            rows = read(stream, self.source.path, self.encoding, known, cap=self.cap)
            yield from self.reading.with_fields(rows)

    def part(self, start: int, stop: int | None) -> Iterator[Example]:
        """As `DataSet.part`."""
        path, encoding, known = self.source.path, self.encoding, self.reading.layout
        with self.source.open() as stream:
            stream.seek(start)
            rows = jsonl(stream, path, encoding, known, cap=self.cap, start=start, stop=stop)
            yield from self.reading.with_fields(rows)
