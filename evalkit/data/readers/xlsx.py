# SPDX-License-Identifier: Apache-2.0
"""Workbooks (XLSX, XLS, XLSB, ODS) by python-calamine; their size is checked before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zipfile import BadZipFile

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.data.readers._archive import check_archive
from evalkit.data.source import Source
from evalkit.data.table import Cells

__all__ = ["opened", "sheets", "xlsx"]


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
        texts = [cell if type(cell) is str else _text(cell) for cell in row]
        yield Cells(number, number, number, pad + texts if pad else texts)


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
        check_archive(path, source.place)
    except BadZipFile:
        return  # not an archive (XLS): the reader says so if it is nothing else
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    except InputError:
        raise
    except Exception as error:
        raise _damaged(path, error) from error


def _text(cell: Any) -> str:
    """A cell that is no text as a person would type it: 5 and not 5.0, 2024-05-01 for a date."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e21 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)
