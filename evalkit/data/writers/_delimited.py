# SPDX-License-Identifier: Apache-2.0
r"""Tables as text: quoted as RFC 4180 has it, lines end in `\r\n`, no cell is a formula."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Sequence
from typing import BinaryIO

from evalkit.data.cells import guarded
from evalkit.data.writers._table import encodable, is_blank, tabled
from evalkit.data.writers._writer import Row

__all__ = ["separated", "why_not"]


def separated(delimiter: str) -> Callable[[Iterable[Row], BinaryIO], Sequence[str]]:
    """Writes rows with that character between cells.

    A byte-order mark stands first where there is anything but ASCII: without one Excel reads the
    file in the code page of the machine, and Chinese is garbled.
    """

    def write(rows: Iterable[Row], stream: BinaryIO) -> Sequence[str]:
        with tabled(rows) as table:
            if not table.ascii:
                stream.write(codecs.BOM_UTF8)
            cells = csv.writer(codecs.getwriter("utf-8")(stream), delimiter=delimiter)
            cells.writerow(list(map(guarded, table.columns)))
            cells.writerows(list(map(guarded, row)) for row in table.cells())
        return ()

    return write


def why_not(row: Row) -> str:
    """Texts must be UTF-8, and one of them must be there."""
    if is_blank(row):
        return "all its cells would be empty"
    sound = all(encodable(k) and (not isinstance(v, str) or encodable(v)) for k, v in row.items())
    return "" if sound else "a lone surrogate, which UTF-8 cannot hold"
