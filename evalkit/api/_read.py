# SPDX-License-Identifier: Apache-2.0
"""`evalkit.read` and `evalkit.to_frame`: the examples of a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.data import frames
from evalkit.data.frames import By
from evalkit.data.layouts import described
from evalkit.data.read import DataSet, TableOptions, open_data
from evalkit.data.remote import fetch, is_remote

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Source", "read", "said", "to_frame"]

Source = DataSet | str | Path


def read(
    path: str | Path,
    *,
    columns: Mapping[str, str] | None = None,
    templates: Mapping[str, str] | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    system: str | None = None,
    layout: str | None = None,
    layouts: Mapping[str, Mapping[str, Any]] | None = None,
    header: bool = True,
) -> DataSet:
    """The examples of a file; nothing is read but its beginning until they are asked for.

    Args:
        path: JSONL, JSON, CSV, TSV, text, a workbook or Parquet, packed or not; "-" is standard
            input. A URL is copied to a temporary file, once; its host is named on standard error.
        columns: Role to header (or key), such as `{"user": "ask", "assistant": "answer"}`; found
            by usual names, English and Chinese, where not given.
        templates: Role to text with names of columns in braces, such as
            `{"user": "{title}: {ask}"}`.
        sheet: Of a workbook; the first where not given.
        encoding: Of a text file; told from its bytes where not given.
        system: A system prompt for every row of a table.
        layout: Name of the layout of the rows; told from the first ones where not given.
        layouts: Layouts of your own, as a configuration has them under `[layouts]`, such as
            `{"faq": {"user": "q", "assistant": "data.answer"}}`.
        header: Whether the first record of a table names its columns; else they are A, B, C, ...

    Returns:
        Iterate it as often as you like: each time the file is read anew. `columns`, `encoding`,
        `format` and `notes` say what was found out.

    Raises:
        InputError: A missing file, a folder, a picture or the like; no usable headers.
        UsageError: A column, sheet, encoding or layout that is not there.
        MissingExtraError: The file needs an extra that is not installed.
    """
    table = TableOptions(
        columns=columns or {},
        templates=templates or {},
        sheet=sheet,
        encoding=encoding,
        system=system,
        header=header,
    )
    described_ones = described(layouts or {})
    if is_remote(str(path)):
        path = fetch(str(path), said)
    return open_data(path, table=table, format=layout, layouts=described_ones, guess=True)


def to_frame(source: DataSet | str | Path, *, by: By = "example") -> pd.DataFrame:
    """A frame of pandas; see `evalkit.data.frames.to_frame`.

    Args:
        source: What `read` gives, or a path.
        by: What a row of the frame is: "example", "exchange" or "message".

    Raises:
        UsageError: `by` is none of these.
        InputError: As `read`.
    """
    found = read(source) if isinstance(source, str | Path) else source
    return frames.to_frame(found, by=by)


def said(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{text}\n")
