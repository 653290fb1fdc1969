# SPDX-License-Identifier: Apache-2.0
"""Sheets whose every cell is text, within what a workbook can hold."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any

from evalkit.core.finding import Severity
from evalkit.core.printable import printable

__all__ = ["ROWS", "Sheets", "TextSheet"]

ROWS = 1_048_576  # of a sheet (ECMA-376 part 1, 18.3.1.73, and Excel's own limits)
_COLUMNS = 16_384
_CHARACTERS = 32_767  # of a cell
_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")  # not allowed in the name of a sheet
_NO_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")  # xlsxwriter escapes the controls itself
_NARROW, _WIDE = 18, 80  # characters
_TINTS = {Severity.ERROR: "#FFC7CE", Severity.WARNING: "#FFEB9C", Severity.INFO: "#DDEBF7"}


class TextSheet:
    """One sheet; rows must be written in their order."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet

    def write(self, row: int, column: int, text: str, style: Any = None) -> None:
        """Write one cell; row and column count from 0. What is too far is left out."""
        if row >= ROWS or column >= _COLUMNS:
            return
        if not text:
            self._sheet.write_blank(row, column, None, style)
        else:
            shown = _NO_XML.sub(lambda match: printable(match.group()), text)
            if len(shown) > _CHARACTERS:
                shown = shown[: _CHARACTERS - 1] + "…"
            self._sheet.write_string(row, column, shown, style)

    def write_row(
        self,
        row: int,
        cells: Iterable[str],
        style: Any = None,
        *,
        marked: Collection[int] = (),
        mark: Any = None,
    ) -> None:
        """Write the cells of a row, those in the columns `marked` in the style `mark`."""
        for column, text in enumerate(cells):
            if text or column in marked:
                self.write(row, column, text, mark if column in marked else style)

    def finish(self, *, header: int, rows: int, columns: int, wide: int) -> None:
        """Freeze what is above and in the header row, offer filters, widen one column."""
        self._sheet.freeze_panes(header + 1, 0)
        self._sheet.set_column(0, max(columns - 1, 0), _NARROW)
        self._sheet.set_column(wide, wide, _WIDE)
        if rows > header and columns:
            self._sheet.autofilter(header, 0, rows, columns - 1)


class Sheets:
    """The sheets of a workbook that is being written."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._names: set[str] = set()
        self.bold = book.add_format({"bold": True})
        self.tints = {
            severity: book.add_format({"bg_color": tint, "text_wrap": True, "valign": "top"})
            for severity, tint in _TINTS.items()
        }

    def new(self, wanted: str) -> TextSheet:
        """A sheet named as wanted, as far as a workbook allows and no other has the name."""
        base = _NAME.sub("_", _NO_XML.sub("?", printable(wanted))).strip("' ")[:31] or "sheet"
        name, number = base, 1
        while name.casefold() in self._names or name.casefold() == "history":
            number += 1
            name = f"{base[: 30 - len(str(number))]} {number}"
        self._names.add(name.casefold())
        return TextSheet(self._book.add_worksheet(name))
