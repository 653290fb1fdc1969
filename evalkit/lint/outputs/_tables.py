# SPDX-License-Identifier: Apache-2.0
"""The rows of a table that was checked, read once more, and what is wrong in each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evalkit.core.finding import Severity
from evalkit.core.printable import printable
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._words import word
from evalkit.lint.result import FileReport, Result

if TYPE_CHECKING:
    from evalkit.data.source import Source
    from evalkit.data.table import Cells

__all__ = ["Remarks", "is_table", "remarks_of", "rows_of"]

_EACH = 20  # findings that are written beside a row
_CELL = re.compile(r"([A-Z]{1,3})\d+")


@dataclass(slots=True)
class Remarks:
    """What is wrong in the rows of one table.

    Attributes:
        texts: Physical line to what is said of the record that begins there.
        numbers: Line to how many findings it has.
        worst: Line to the worst severity.
        columns: Line to the columns (0 is A) that hold something wrong.
    """

    texts: dict[int, list[str]] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    worst: dict[int, Severity] = field(default_factory=dict)
    columns: dict[int, set[int]] = field(default_factory=dict)

    def text(self, line: int) -> str:
        """All that is said of a row, a line for each finding."""
        said = self.texts.get(line, [])
        more = self.numbers.get(line, 0) - len(said)
        return "\n".join([*said, f"… +{more:,}"] if more else said)


def is_table(file: FileReport) -> bool:
    """Whether its records are rows of cells."""
    return file.container in ("csv", "tsv", "xlsx")


def remarks_of(path: str, result: Result, look: Look) -> Remarks:
    """What was found in the rows of a file."""
    remarks = Remarks()
    for finding in result.findings:
        line = finding.location.line
        if finding.location.source != path or line is None:
            continue
        remarks.numbers[line] = remarks.numbers.get(line, 0) + 1
        said = remarks.texts.setdefault(line, [])
        if len(said) < _EACH:
            label = word(finding.severity.label, look)
            said.append(printable(f"{label} {finding.code} {finding.name}: {finding.message}"))
        remarks.worst[line] = max(remarks.worst.get(line, Severity.INFO), finding.severity)
        if finding.cell and (match := _CELL.fullmatch(finding.cell)):
            remarks.columns.setdefault(line, set()).add(_index(match.group(1)))
    return remarks


def rows_of(file: FileReport, result: Result) -> Iterator[Cells]:
    """The records of a table from the first line on, header and empty ones too.

    Raises:
        InputError: The file is gone or cannot be read any more.
        MissingExtraError: It is packed by zstd and the extra is not installed.
    """
    from evalkit.data.source import open_source

    source = open_source(file.path)
    if file.container == "xlsx":
        yield from _sheet(source, file, result)
    else:
        yield from _delimited(source, file)


def _delimited(source: Source, file: FileReport) -> Iterator[Cells]:
    from evalkit.data.encodings import named
    from evalkit.data.readers.delimited import delimited, dialect_of

    encoding = named(file.encoding or "utf-8", source.head)
    head = source.head[encoding.mark :].decode(encoding.codec, "replace")
    with source.open() as stream:
        yield from delimited(stream, encoding, dialect_of(head, source.path))


def _sheet(source: Source, file: FileReport, result: Result) -> Iterator[Cells]:
    """Of the sheet that was checked: a finding names it, else its headers tell it."""
    from evalkit.data.readers.xlsx import opened, sheets, xlsx
    from evalkit.data.table import header_of

    book = opened(source)
    names = sheets(book)
    named = {f.location.sheet for f in result.findings if f.location.source == file.path}
    for name in sorted(filter(None, named)):
        names = [name]
    for name in names:
        header = header_of(xlsx(book, name, source.path), source.path)
        if len(names) == 1 or (header is not None and _alike(header, file)):
            names = [name]
            break
    if names:
        yield from xlsx(book, names[0], source.path)


def _alike(header: Cells, file: FileReport) -> bool:
    mine = [cell.strip() for cell in header.cells if cell.strip()]
    return mine == [cell.strip() for cell in file.headers if cell.strip()]


def _index(letters: str) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - 64
    return index - 1
