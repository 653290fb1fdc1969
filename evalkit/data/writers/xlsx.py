# SPDX-License-Identifier: Apache-2.0
"""A workbook of one sheet, every cell a text: nothing is a formula, a link or a number."""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from evalkit.core.errors import InputError, MissingExtraError
from evalkit.data.writers._table import Table, encodable, is_blank, tabled, text_of
from evalkit.data.writers._writer import Row, Writer

__all__ = ["xlsx"]

_ROWS = 1_048_576  # of a sheet (ECMA-376 part 1, 18.3.1.73, and Excel's own limits, 2026-11)
_COLUMNS = 16_384
_CHARACTERS = 32_767  # of a cell, in UTF-16
# Excel spells control characters as `_x0001_`, and that spelling itself as `_x005F_x0001_`. Two of
# them that share a `_` are taken apart differently by every program; U+FFFE and U+FFFF by some.
_AMBIGUOUS = re.compile("_x[0-9a-fA-F]{4}_x[0-9a-fA-F]{4}_|[\ufffe\uffff]")
_EPOCH = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)  # the same rows make the same bytes
_AS_TEXT = {
    "constant_memory": True,  # rows go to a temporary file as they come
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def _write(rows: Iterable[Row], stream: BinaryIO) -> Sequence[str]:
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise MissingExtraError("xlsxwriter", extra="xlsx", purpose="write a workbook") from error
    with tabled(rows) as table:
        _check_extent(table)
        target = _Target(stream)
        book = Workbook(target, _AS_TEXT)
        book.set_properties({"title": "evalkit convert", "created": _EPOCH})
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, name, bold)
        for number, cells in enumerate(table.cells(), 1):
            for column, text in enumerate(cells):
                if text:
                    sheet.write_string(number, column, text)
        book.close()
        target.settle()
    return ()


def _check_extent(table: Table) -> None:
    """Before a workbook is begun: whether the rows fit.

    Raises:
        InputError: They do not.
    """
    if table.count >= _ROWS:
        raise InputError(
            f"{table.count:,} rows are more than a sheet holds ({_ROWS - 1:,} below the header)",
            "write CSV, JSONL or Parquet",
        )
    if len(table.columns) > _COLUMNS:
        raise InputError(
            f"{len(table.columns):,} columns are more than a sheet holds ({_COLUMNS:,})",
            "keep fewer fields, or write JSONL",
        )


class _Target(io.RawIOBase):
    """Keeps the first error to itself until all is over.

    The archive that is left behind by an error would try to end itself properly, fail again, and
    tell the terminal so. It cannot be sought in, for that may fail too: sizes stand behind the
    members, as in the workbooks of Java's libraries.
    """

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._error: OSError | None = None

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if self._error is None:
            try:
                self._stream.write(data)
            except OSError as error:
                self._error = error
        return len(data)

    def flush(self) -> None:
        """The stream below is flushed by who opened it."""

    def settle(self) -> None:
        """Raise what went wrong."""
        if self._error is not None:
            raise self._error


def _why_not(row: Row) -> str:
    if is_blank(row):
        return "all its cells would be empty"
    for name, value in row.items():
        for text in (name, text_of(value)):
            if not encodable(text):
                return "a lone surrogate, which a workbook cannot hold"
            if len(text) > _CHARACTERS // 2 and _units(text) > _CHARACTERS:
                return (
                    f"a text of {_units(text):,} characters: a cell of a workbook holds "
                    f"{_CHARACTERS:,}"
                )
            # Most texts hold nothing that the expression could begin with.
            rare = "_x" in text or "\ufffe" in text or "\uffff" in text
            if rare and _AMBIGUOUS.search(text):
                return "characters that a workbook cannot hold unambiguously"
    return ""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


xlsx = Writer(
    name="xlsx",
    suffixes=(".xlsx",),
    takes="rows",
    write=_write,
    text=False,
    flat=True,
    why_not=_why_not,
)
