# SPDX-License-Identifier: Apache-2.0
"""Workbooks (XLSX, XLS, XLSB, ODS) by python-calamine; their size is checked before."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.data.source import Source
from evalkit.data.table import Cells

__all__ = ["opened", "sheets", "xlsx"]

_MOST_BYTES = 1 << 30  # unpacked
_MOST_RATIO = 200  # unpacked to packed, for workbooks above ...
_SMALL = 64 << 20
# Calamine holds the rectangle around all cells of a sheet, about 32 bytes each: two far cells in a
# file of 6 KB take 3 GB (measured 2026-11 with 0.9.1). 16 M cells are a full sheet of 16 columns.
_MOST_CELLS = 16_000_000

_PLACE = re.compile(rb'<(?:\w+:)?c [^>]*?r="([A-Z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb'<(?:\w+:)?row [^>]*?r="(\d{1,7})"')


def opened(source: Source) -> Any:
    """The workbook, unpacked.

    Raises:
        InputError: It is no workbook, damaged, locked, or unpacks to far more than it should.
    """
    from python_calamine import CalamineWorkbook, PasswordError

    _check_size(source)
    try:
        return CalamineWorkbook.from_path(source.place)
    except PasswordError as error:
        raise InputError(f"{source.path} is locked by a password", "save it without one") from error
    except Exception as error:
        raise _damaged(source.path, error) from error


def sheets(book: Any) -> list[str]:
    """Names of the visible work sheets of a workbook that was opened, in order."""
    from python_calamine import SheetVisibleEnum

    shown = [s.name for s in book.sheets_metadata if s.visible == SheetVisibleEnum.Visible]
    return shown or list(book.sheet_names)


def xlsx(book: Any, sheet: str, path: str) -> Iterator[Cells]:
    """Rows of one sheet from row 1 on, each cell as the text that a person would type.

    Args:
        book: As `opened` gives it.
        sheet: Its name.
        path: For messages.

    Raises:
        UsageError: No sheet of that name.
        InputError: The sheet is damaged.
    """
    from python_calamine import WorksheetNotFound

    try:
        found = book.get_sheet_by_name(sheet)
    except WorksheetNotFound as error:
        raise UsageError(
            f"{path} has no sheet `{excerpt(sheet)}`{suggestion(sheet, book.sheet_names)}",
            f"its sheets: {', '.join(map(excerpt, book.sheet_names))}",
        ) from error
    except Exception as error:
        raise _damaged(path, error) from error
    begin = found.start
    if begin is None:
        return
    pad = [""] * begin[1]  # rows come from the first on, columns from the first that is filled
    for number, row in enumerate(found.iter_rows(), 1):
        texts = pad + [_text(cell) for cell in row]
        yield Cells(row=number, line=number, end_line=number, cells=texts)


def _damaged(path: str, error: Exception) -> InputError:
    return InputError(
        f"{path} cannot be read as a workbook: {excerpt(str(error), 120)}",
        "open it in a spreadsheet program and save it as .xlsx or .csv",
    )


def _check_size(source: Source) -> None:
    """Refuse archives that unpack to far more than they hold, before anything is unpacked.

    Raises:
        InputError: It is one of these.
    """
    path = source.path
    try:
        with ZipFile(source.place) as archive:
            members = archive.infolist()
            _check_ratio(path, members)
            for member in members:
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", member.filename):
                    _check_extent(path, archive, member.filename)
    except BadZipFile:
        return  # not an archive (XLS), or damaged: the reader says so
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except InputError:
        raise
    except Exception as error:
        raise _damaged(path, error) from error


def _check_ratio(path: str, members: Sequence[ZipInfo]) -> None:
    unpacked = sum(m.file_size for m in members)
    times = unpacked // (sum(m.compress_size for m in members) or 1)
    if unpacked > _MOST_BYTES or (unpacked > _SMALL and times > _MOST_RATIO):
        raise InputError(
            f"{path} unpacks to {unpacked >> 20:,} MiB, {times} times its size",
            "save the sheet as CSV if you trust it",
        )


def _check_extent(path: str, archive: ZipFile, name: str) -> None:
    rows, columns, rest = 0, 0, b""
    with archive.open(name) as stream:
        while block := stream.read(1 << 20):
            piece = rest + block
            rest = piece[-128:]
            if numbers := _ROW.findall(piece):
                rows = max(rows, *map(int, numbers))
            if found := _PLACE.findall(piece):
                rows = max(rows, *(int(row) for _, row in found))
                columns = max(columns, *map(_index, {letters for letters, _ in found}))
            if rows * columns > _MOST_CELLS:
                raise InputError(
                    f"{path}: its cells span {rows:,} rows and {columns:,} columns",
                    "delete the far cells, or save the sheet as CSV",
                )


def _index(letters: bytes) -> int:
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index


def _text(cell: Any) -> str:
    """A cell as a person would type it: 5 and not 5.0, 2024-05-01 for a date."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e21 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)
