# SPDX-License-Identifier: Apache-2.0
"""A workbook: the findings, and a copy of each table with what is wrong in a row beside the row.

Every cell is written as text: nothing is a formula, a link or a number.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from evalkit.core.atomic import atomic
from evalkit.core.errors import EvalkitError, MissingExtraError
from evalkit.core.printable import printable
from evalkit.lint.outputs._jsontext import finding_record
from evalkit.lint.outputs._look import Look, file_output
from evalkit.lint.outputs._sheets import ROWS, Sheets
from evalkit.lint.outputs._tables import is_table, remarks_of, rows_of
from evalkit.lint.outputs._totals import notes, token_lines, totals
from evalkit.lint.outputs._words import word
from evalkit.lint.outputs.csv import HEADERS
from evalkit.lint.result import FileReport, Result

__all__ = ["xlsx"]

_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same findings make the same bytes
_FOOT = 1_000  # rows for what stands below the findings
_AS_TEXT = {
    "constant_memory": True,  # rows go to a temporary file as they come
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


@file_output(".xlsx")
def xlsx(result: Result, look: Look, path: Path) -> None:
    """Write the workbook: the findings first, then each CSV, TSV or workbook that was checked."""
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtraError("xlsxwriter", extra="xlsx", purpose="write a workbook") from error
    tables, gone = _readable(result, look)
    with atomic(path) as stream:
        book = Workbook(stream, _AS_TEXT)
        book.set_properties({"title": "evalkit lint", "created": _EPOCH})
        sheets = Sheets(book)
        _findings(result, gone, look, sheets)
        for file in tables:
            _copy(file, result, look, sheets)
        book.close()


def _readable(result: Result, look: Look) -> tuple[list[FileReport], list[str]]:
    """The tables that can be read once more, and a line for each that cannot."""
    tables, gone = [], []
    for file in filter(is_table, result.files):
        try:
            next(rows_of(file, result), None)
        except EvalkitError as error:
            gone.append(word("not-copied", look, path=file.path, why=error.message))
        else:
            tables.append(file)
    return tables, gone


def _findings(result: Result, gone: list[str], look: Look, sheets: Sheets) -> None:
    sheet = sheets.new(word("findings-sheet", look))
    sheet.write_row(0, HEADERS, sheets.bold)
    shown = result.findings[: ROWS - _FOOT]
    for row, finding in enumerate(shown, 1):
        values = finding_record(finding)
        cells = ["" if values[h] is None else printable(str(values[h])) for h in HEADERS]
        severity = HEADERS.index("severity")
        tint = sheets.tints[finding.severity]
        sheet.write_row(row, cells, marked=(severity,), mark=tint)
    sheet.finish(header=0, rows=len(shown), columns=len(HEADERS), wide=HEADERS.index("message"))
    left = len(result.findings) - len(shown) + sum(result.omitted.values())
    lines = [word("cut", look, n=left)] if left else []
    lines += _below(result, look, gone)
    for row, line in enumerate(lines[: _FOOT - 3], len(shown) + 2):
        sheet.write(row, 0, printable(line))


def _below(result: Result, look: Look, gone: list[str]) -> Iterator[str]:
    yield from totals(result, look)
    yield from token_lines(result, look)
    yield from result.unreadable
    yield from gone
    yield from notes(result, look)


def _copy(file: FileReport, result: Result, look: Look, sheets: Sheets) -> None:
    """A sheet with the rows of a table; what is wrong in a row stands behind the last column."""
    remarks = remarks_of(file.path, result, look)
    width = max((len(record.cells) for record in rows_of(file, result)), default=0)
    sheet = sheets.new(Path(file.path).name)
    header: int | None = None
    last = 0
    for record in rows_of(file, result):
        last = record.row - 1
        if header is None and any(cell.strip() for cell in record.cells):
            header = last
            sheet.write_row(last, record.cells, sheets.bold)
            sheet.write(last, width, word("row-column", look), sheets.bold)
            continue
        worst = remarks.worst.get(record.line)
        tint = sheets.tints[worst] if worst is not None else None
        sheet.write_row(last, record.cells, marked=remarks.columns.get(record.line, ()), mark=tint)
        if text := remarks.text(record.line):
            sheet.write(last, width, text, tint)
    sheet.finish(header=header or 0, rows=last, columns=width + 1, wide=width)
