# SPDX-License-Identifier: Apache-2.0
"""Rows as a table: which columns they have together, and the text of each cell.

The columns are known when the last row is, so that rows go to a temporary file first.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from evalkit.data.write import json_line
from evalkit.data.writers._writer import Row

__all__ = ["Table", "encodable", "is_blank", "tabled", "text_of"]

_FIRST = ("system",)  # of the columns, wherever it turns up


@dataclass(slots=True)
class Table:
    """Rows that can be read again.

    Attributes:
        columns: Keys of all rows in the order of their first appearance, "system" before all.
        count: Number of rows.
        ascii: Whether all of it is ASCII.
    """

    columns: Sequence[str]
    count: int
    ascii: bool
    _stream: IO[bytes]

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows, in order."""
        self._stream.seek(0)
        for line in self._stream:
            row: dict[str, Any] = json.loads(line)
            yield row

    def cells(self) -> Iterator[list[str]]:
        """The texts of each row, column by column; empty where it lacks the key."""
        for row in self.rows():
            yield [text_of(row.get(column)) for column in self.columns]


@contextmanager
def tabled(rows: Iterable[Row]) -> Iterator[Table]:
    """The rows as a table."""
    columns: dict[str, None] = {}
    count, plain = 0, True
    with tempfile.TemporaryFile(prefix="evalkit-") as stream:
        for row in rows:
            count += 1
            columns |= dict.fromkeys(row)
            line = json_line(row)
            plain = plain and line.isascii()
            stream.write(line + b"\n")
        ordered = [*(c for c in _FIRST if c in columns), *(c for c in columns if c not in _FIRST)]
        yield Table(ordered, count, plain, stream)


def text_of(value: Any) -> str:
    """What a cell says: a text as it is, nothing for null, everything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json_line(value).decode()


def is_blank(row: Row) -> bool:
    """Whether a reader of tables would take the row for an empty one."""
    return not any(text and not text.isspace() for text in map(text_of, row.values()))


def encodable(text: str) -> bool:
    """Whether UTF-8 can hold it: no lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
