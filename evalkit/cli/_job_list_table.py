# SPDX-License-Identifier: Apache-2.0
"""The table of `evalkit job list`, as wide as the terminal: what has no room is named below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language

__all__ = ["ACCOUNT", "HERE", "Column", "fitted", "wider"]

_WIDEST = 60  # columns of a cell
_LEAST = 16  # columns that a cell keeps where it is cut
_GAP = 2


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        en: Its head.
        zh: Likewise.
        rank: The higher, the sooner it is left out of a narrow terminal; 0 = it stays, whole.
        cut: Whether its cells may be cut short before another column is left out.
    """

    en: str
    zh: str
    rank: int = 0
    cut: bool = False

    def head(self, spoken: Language) -> str:
        """In one of the languages."""
        return self.zh if spoken == "zh" else self.en


HERE = (
    Column("job", "任务"),
    Column("target", "平台", rank=4),
    Column("model", "模型", rank=3, cut=True),
    Column("method", "方法", rank=5),
    Column("state", "状态"),
    Column("ordered (UTC)", "提交时间（UTC）", rank=1),
    Column("file", "文件", rank=2, cut=True),
)
ACCOUNT = (
    Column("job", "任务"),
    Column("model", "模型", rank=3, cut=True),
    Column("method", "方法", rank=5),
    Column("state", "状态"),
    Column("made (UTC)", "创建时间（UTC）", rank=2),
    Column("tuned model", "微调模型", rank=1),
    Column("order", "订单", rank=4),
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A column where it stands: its cells and how wide they may be."""

    column: Column
    cells: tuple[str, ...]
    full: int
    room: int


def fitted(
    every: Sequence[Column], rows: Sequence[Sequence[str]], *, width: int, spoken: Language
) -> tuple[list[str], list[Column]]:
    """The lines of the table, and the columns that there was no room for.

    Args:
        every: The columns, from left to right.
        rows: A cell for each of them.
        width: Columns of the terminal.
        spoken: Of the heads.
    """
    places = [_place(column, at, rows, spoken) for at, column in enumerate(every)]
    kept = {id(one.column) for one in places if not one.column.rank}
    for one in sorted(places, key=lambda one: one.column.rank):
        if _wide([p for p in places if id(p.column) in kept or p is one]) <= width:
            kept.add(id(one.column))
    shown = [one for one in places if id(one.column) in kept]
    spare = width - _wide(shown)
    for one in sorted(shown, key=lambda one: one.column.rank):
        more = max(0, min(spare, one.full - one.room))
        shown[shown.index(one)] = replace(one, room=one.room + more)
        spare -= more
    left_out = [one.column for one in places if id(one.column) not in kept]
    return [_line(shown, at) for at in range(len(rows) + 1)], left_out


def wider(left_out: Sequence[Column], spoken: Language) -> str:
    """What a wider terminal shows."""
    if spoken == "zh":
        return f"更宽的终端还会显示：{'、'.join(one.zh for one in left_out)}"
    return f"a wider terminal also shows: {', '.join(one.en for one in left_out)}"


def _place(column: Column, at: int, rows: Sequence[Sequence[str]], spoken: Language) -> _Place:
    cells = (column.head(spoken), *(clipped(printable(row[at]), _WIDEST) for row in rows))
    full = max(map(columns, cells))
    return _Place(column, cells, full, min(full, _LEAST) if column.cut else full)


def _wide(places: Sequence[_Place]) -> int:
    return sum(one.room for one in places) + _GAP * (len(places) - 1)


def _line(shown: Sequence[_Place], at: int) -> str:
    cells = [clipped(one.cells[at], one.room) for one in shown]
    padded = [
        cell + " " * (one.room - columns(cell)) for cell, one in zip(cells, shown, strict=True)
    ]
    return (" " * _GAP).join(padded).rstrip()
