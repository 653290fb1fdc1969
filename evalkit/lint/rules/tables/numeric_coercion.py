# SPDX-License-Identifier: Apache-2.0
"""TAB005."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Self

from evalkit.core.accumulators import Firsts
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.core.location import Location
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule

__all__ = ["Shapes", "numeric_coercion"]

_LONGEST = 24  # characters of a cell that a spreadsheet may have made
_BEGINS = frozenset("0123456789-JFMASOND")
_DIGITS_KEPT = 15  # by a spreadsheet's numbers
_MOST = 0.9  # of a column, to be called a column of such
_ENOUGH = 10


@cache
def _shape() -> re.Pattern[str]:
    months = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
    return re.compile(
        r"(?P<exponent>-?\d(?:\.\d{1,5})?E\+(?:1[0-9]|20))"
        r"|(?P<digits>\d+)"
        r"|(?P<whole>-?\d+\.0)"
        r"|(?P<decimal>-?\d+\.\d+)"
        rf"|(?P<month>\d{{1,2}}-(?:{months})|(?:{months})-\d{{2}})"
        r"|(?P<date>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d\d))"
    )


class Shapes:
    """What the cells of each column look like: places of each shape.

    Attributes:
        cells: JSON pointer to number of cells that are not empty.
        places: (JSON pointer, shape) to where cells of this shape stand.
    """

    __slots__ = ("cells", "places")

    def __init__(self) -> None:
        self.cells: dict[str, int] = {}
        self.places: dict[tuple[str, str], Firsts] = {}

    def add(self, pointer: str, text: str, location: Location) -> None:
        """One cell that is not empty."""
        self.cells[pointer] = self.cells.get(pointer, 0) + 1
        if len(text) > _LONGEST or text[0] not in _BEGINS:
            return
        match = _shape().fullmatch(text)
        if match is None:
            return
        shape = match.lastgroup or ""
        if shape == "digits":
            lost = len(text) > _DIGITS_KEPT and not text[_DIGITS_KEPT:].strip("0")
            self._count(pointer, f"digits {len(text)}{' cut' if lost else ''}", location)
            if text.startswith("0") and len(text) > 1:
                self._count(pointer, f"zero {len(text)}", location)
            elif len(text) == 5 and 20_000 <= int(text) <= 60_000:
                self._count(pointer, "serial", location)
        else:
            self._count(pointer, shape, location)

    def _count(self, pointer: str, shape: str, location: Location) -> None:
        self.places.setdefault((pointer, shape), Firsts()).add(location)

    def of(self, pointer: str) -> dict[str, Firsts]:
        """Shape to places, of one column."""
        return {shape: firsts for (where, shape), firsts in self.places.items() if where == pointer}

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The places of all."""
        whole = cls()
        for part in parts:
            for pointer, number in part.cells.items():
                whole.cells[pointer] = whole.cells.get(pointer, 0) + number
            for key, firsts in part.places.items():
                whole.places[key] = Firsts.merged([whole.places.get(key, Firsts()), firsts])
        return whole

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same with places moved, for a part of a file that was read by itself."""
        whole = self.merged([self])
        whole.places = {key: one.shifted(lines, numbers) for key, one in self.places.items()}
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        places = [(key, self.places[key].to_bytes()) for key in sorted(self.places)]
        return repr((sorted(self.cells.items()), places)).encode()


@rule(
    "TAB005",
    scope="file",
    only_with="cells",
    severity="warning",
    en="{what:en}, as in {number:,} of {total:,} cells of this column: a spreadsheet took text for numbers; "
    "export it again as text",
    zh="{what:zh}，本列 {total:,} 格中有 {number:,} 格如此：表格软件把文本当成了数字；请以文本格式重新导出",
)
def numeric_coercion(example: Example, shapes: Shapes) -> None:
    """## What it does
    Finds columns of tables in which a spreadsheet has changed texts: long numbers as 1.23457E+11 or
    with zeros for all digits beyond the 15th, codes that lost their zeros at the front, 2-Sep for 2-9,
    day numbers such as 44197 among dates, 7.0 for 7 in a whole column. Only cells that hold nothing
    else, and only where the rest of the column bears witness.
    ## Why is this bad?
    What was there is gone, and the model learns what is there now.
    """
    if not example.cells:
        return
    for message in example.messages:
        text = message.content
        if isinstance(text, str) and message.role != "system" and (text := text.strip()):
            shapes.add(f"{message.pointer}/content", text, example.location)


@numeric_coercion.finish
def coercions(shapes: Shapes) -> Iterator[Fault]:
    """Each kind once for each column, at its first cell."""
    for pointer, total in sorted(shapes.cells.items()):
        for places, what in _suspects(shapes.of(pointer), total):
            yield Fault(
                location=places.items()[0],
                pointer=pointer,
                args={"number": places.total, "total": total, "what": what},
            )


def _suspects(column: dict[str, Firsts], total: int) -> Iterator[tuple[Firsts, Phrase]]:
    if exponents := column.get("exponent"):
        yield exponents, Phrase("the cell looks like 1.23457E+11", "单元格形如 1.23457E+11")
    cut = [firsts for shape, firsts in column.items() if shape.endswith(" cut")]
    long = [
        firsts
        for shape, firsts in column.items()
        if shape.startswith("digits ") and int(shape.split()[1]) > _DIGITS_KEPT
    ]
    if cut and len(cut) == len(long) and sum(one.total for one in cut) >= 3:
        yield (
            Firsts.merged(cut),
            Phrase("all digits beyond the 15th are zeros", "第 15 位之后的数字全是 0"),
        )
    if (months := column.get("month")) and 2 * months.total < total:
        yield (
            months,
            Phrase(
                "a date such as 2-Sep stands among other texts", "2-Sep 之类的日期混在其他文本中"
            ),
        )
    serials, dates = column.get("serial"), column.get("date")
    if serials and dates and max(serials.total, _MOST * total - serials.total) <= dates.total:
        yield (
            serials,
            Phrase("a day number such as 44197 stands among dates", "44197 之类的天数混在日期中"),
        )
    wholes = column.get("whole")
    if wholes and wholes.total >= max(_ENOUGH, _MOST * total) and "decimal" not in column:
        yield wholes, Phrase("the cell is a whole number with .0", "整数后面带着 .0")
    yield from _lost_zeros(column, total)


def _lost_zeros(column: dict[str, Firsts], total: int) -> Iterator[tuple[Firsts, Phrase]]:
    """Codes of one width, some with zeros in front, and shorter ones among them."""
    widths = {
        int(shape.split()[1]): firsts
        for shape, firsts in column.items()
        if shape.startswith("digits ")
    }
    zeros = [int(shape.split()[1]) for shape in column if shape.startswith("zero ")]
    if len(zeros) != 1 or sum(one.total for one in widths.values()) < _MOST * total:
        return
    (width,) = zeros
    short = [firsts for one, firsts in widths.items() if one < width]
    if short and max(widths) == width and widths[width].total >= max(_ENOUGH, total / 2):
        yield (
            Firsts.merged(short),
            Phrase(
                f"zeros in front are lost: fewer than {width} digits",
                f"前面的 0 丢了：不足 {width} 位",
            ),
        )
