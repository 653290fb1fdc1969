# SPDX-License-Identifier: Apache-2.0
"""The cells of a rater's sheet, a workbook or CSV, become verdicts with their places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.core.errors import InputError
from evalkit.core.printable import excerpt
from evalkit.data.cells import column_letters
from evalkit.evaluation.raters.key import Key, read_key
from evalkit.evaluation.raters.words import Kind, Word, read_word

if TYPE_CHECKING:
    from evalkit.data.table import Cells

__all__ = ["SHEET", "Rated", "Sheet", "read_sheet"]

SHEET = "labels"  # of the workbooks that we write
_ID = ("id", "编号")
_KEY = ("key", "密钥")
_VERDICT = re.compile(
    r"(?:verdicts?|labels?|判断|评判)(?:\s*\([^)]*\))?(?:[\s_:#-]+(?P<name>.+)|(?P<number>\d+))?"
)
_MOST_NAMED = 5
_LINE_CAP = 1 << 24


@dataclass(frozen=True, slots=True)
class Rated:
    """One verdict of one rater.

    Attributes:
        rater: The name of the column or of the file.
        id: Of the question.
        key: What the sheet says of sides; None for a table that we did not write.
        text: As typed.
        word: As read; None where a table of others names models: `text` says whom.
        place: Such as `labels.xlsx!F7`.
    """

    rater: str
    id: str
    key: Key | None
    text: str
    word: Word | None
    place: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file of verdicts holds.

    Attributes:
        kind: Whether pairs were compared, or answers called right or wrong.
        rated: The verdicts given.
        rows: Rows below the header, rated or not.
        ours: Whether its rows carry our keys.
    """

    kind: Kind
    rated: Sequence[Rated]
    rows: int
    ours: bool


def read_sheet(path: Path) -> Sheet:
    """Read one file.

    Raises:
        InputError: It cannot be read, has no verdict column, or holds verdicts that are not
            understood (all of them are named, with their cells).
    """
    try:
        return _sheet(path, *_records(path))
    except _OddError as odd:
        # "平" in GB 18030 is a letter in UTF-8, and a column of it looks like that: no bytes tell.
        if odd.workbook:
            raise
        try:
            return _sheet(path, *_records(path, encoding="gb18030"))
        except InputError:
            raise odd from None


class _OddError(InputError):
    """Cells hold no verdict."""

    def __init__(self, message: str, hint: str, *, workbook: bool) -> None:
        super().__init__(message, hint)
        self.workbook = workbook


def _sheet(path: Path, workbook: bool, records: Sequence[Cells]) -> Sheet:
    records = [record for record in records if any(map(str.strip, record.cells))]
    if not records:
        raise InputError(f"{path} is empty", "write a sheet: evalkit label RUN -o labels.xlsx")
    header, *body = records
    columns = _columns(header.cells, path)
    keys = [read_key(_cell(record, columns.key)) for record in body]
    known = next((key for key in keys if key is not None), None)
    kind: Kind = "pair" if known is None or known.slot == "A" else "right"
    rated, odd = [], []
    for record, key in zip(body, keys, strict=True):
        question = key.id if key is not None else _cell(record, columns.id).strip()
        for rater, column in columns.raters.items():
            text = _cell(record, column).strip()
            letters = column_letters(column)
            place = f"{path.name}!{letters}{record.row}"
            word = read_word(text, kind)
            if word is None:
                continue
            if known is not None and key is None:
                raise InputError(
                    f"{place}: the row has a verdict and its key is gone or changed",
                    "copy the cell of the column `key` from the sheet as it was written",
                )
            if not question:
                raise InputError(f"{place}: the row has a verdict and no id", "put its id back")
            if word == "?" and known is not None:
                odd.append(f'{letters}{record.row} "{excerpt(text, 20)}"')
                continue
            named = None if known is None or word == "?" else word
            rated.append(Rated(rater, question, key, text, named, place))
    if odd:
        raise _odd(path, odd, kind, workbook)
    return Sheet(kind, rated, len(body), known is not None)


@dataclass(frozen=True, slots=True)
class _Columns:
    id: int | None
    key: int | None
    raters: Mapping[str, int]


def _columns(header: Sequence[str], path: Path) -> _Columns:
    names = [unicodedata.normalize("NFKC", name).strip().casefold() for name in header]
    raters: dict[str, int] = {}
    for index, name in enumerate(names):
        found = _VERDICT.fullmatch(name)
        if found is not None:
            raters.setdefault(_rater((found["name"] or found["number"] or "").strip(), path), index)
    if not raters:
        shown = ", ".join(excerpt(name, 20) for name in header[:8])
        raise InputError(
            f"{path} has no column `verdict`; its columns: {shown}",
            "give a sheet that evalkit label wrote, or a table with the columns id and verdict",
        )
    key, question = _place(names, _KEY), _place(names, _ID)
    if key is None and question is None:
        raise InputError(f"{path} has neither a column `key` nor a column `id`", "put them back")
    # One rater of a sheet is called by the file: several files are several raters.
    if len(raters) > 1 and path.stem in raters:
        raters = {(f"{name}-1" if name == path.stem else name): i for name, i in raters.items()}
    return _Columns(question, key, raters)


def _rater(written: str, path: Path) -> str:
    """`verdict_2` is rater 2, `verdict_anna` is anna, `verdict` is who filled in the file."""
    return f"rater {written}" if written.isdecimal() else written or path.stem


def _place(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((index for index, name in enumerate(names) if name in wanted), None)


def _cell(record: Cells, column: int | None) -> str:
    return record.cells[column] if column is not None and column < len(record.cells) else ""


def _odd(path: Path, odd: Sequence[str], kind: Kind, workbook: bool) -> _OddError:
    named = ", ".join(odd[:_MOST_NAMED])
    more = f" and {len(odd) - _MOST_NAMED} more" if len(odd) > _MOST_NAMED else ""
    words = "A, B or tie" if kind == "pair" else "right or wrong"
    where = "cells" if workbook else "cells (counted as a spreadsheet program does)"
    return _OddError(
        f"{path}: no verdict in {where} {named}{more}",
        f"write {words} there, or leave the cell empty",
        workbook=workbook,
    )


def _records(path: Path, encoding: str | None = None) -> tuple[bool, list[Cells]]:
    """Whether it is a workbook, and all its records, the header first.

    Args:
        path: The file.
        encoding: Of the texts; None = as the bytes look.
    """
    from evalkit.data.encodings import detect, named
    from evalkit.data.readers.delimited import delimited, dialect_of
    from evalkit.data.source import open_source

    source = open_source(path)
    if source.workbook:
        from evalkit.data.readers.xlsx import opened, sheets, xlsx

        book = opened(source)
        names = sheets(book)
        return True, list(xlsx(book, SHEET if SHEET in names else names[0], str(path)))
    if source.parquet:
        raise InputError(f"{path} is a Parquet file", "give the sheet as XLSX or CSV")
    if encoding is None:
        with source.open() as stream:
            found = detect(stream, source.size, seekable=not source.packing)
        try:
            source.head.partition(b"\n")[0].decode(found.codec)
        except UnicodeDecodeError:  # of a Chinese spreadsheet program: headers tell
            found = named("gb18030", source.head)
    else:
        found = named(encoding, source.head)
    head = source.head[found.mark :].decode(found.codec, "replace")
    dialect = dialect_of(head, source.path)
    with source.open() as stream:
        return False, list(_sound(delimited(stream, found, dialect, cap=_LINE_CAP), path))


def _sound(records: Iterator[Cells], path: Path) -> Iterator[Cells]:
    for record in records:
        if record.fault is not None:
            raise InputError(
                f"{path}, row {record.row}: cannot be read as a row of a table",
                "save it again as .xlsx or .csv from a spreadsheet program",
            )
        yield record
