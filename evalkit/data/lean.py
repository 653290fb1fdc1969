# SPDX-License-Identifier: Apache-2.0
"""Locations and examples made by the million.

A frozen dataclass sets each field through `object.__setattr__`, 1.6 us for a Location. What is made
here is the same object at a quarter of that: its fields are set on a twin that has the same slots
and is not frozen, which then becomes the real thing (`object.__class__` may be assigned where the
layouts are equal).
"""

from __future__ import annotations

from typing import Any

from evalkit.core.example import Broken, Example
from evalkit.core.location import Location
from evalkit.data.formats._layout import Layout

__all__ = ["example_at", "row_at"]


class _Location:
    __slots__ = Location.__slots__

    def __init__(
        self,
        source: str,
        line: int,
        end_line: int,
        number: int | None,
        start: int,
        end: int,
        sheet: str | None,
    ) -> None:
        self.source = source
        self.line = line
        self.end_line = end_line
        self.number = number
        self.start = start
        self.end = end
        self.sheet = sheet


class _Example:
    __slots__ = Example.__slots__

    def __init__(
        self,
        location: Any,
        raw: bytes,
        value: Any,
        layout: Layout | None,
        broken: Broken | None,
        cells: dict[str, str],
        fields: dict[str, str],
        repeated_keys: tuple[str, ...],
    ) -> None:
        self.location = location
        self.raw = raw
        self.value = value
        self.format = layout
        self.broken = broken
        self.cells = cells
        self.fields = fields
        self.repeated_keys = repeated_keys
        self._messages: list[Any] = []


def example_at(  # noqa: PLR0917  (by place: names cost time)
    source: str,
    line: int,
    end_line: int,
    number: int | None,
    start: int,
    end: int,
    raw: bytes,
    value: Any,
    layout: Layout | None,
    broken: Broken | None,
    fields: dict[str, str],
    repeated_keys: tuple[str, ...],
) -> Example:
    """An example with its location; the arguments are their fields, by place for speed."""
    where: Any = _Location(source, line, end_line, number, start, end, None)
    where.__class__ = Location
    made: Any = _Example(where, raw, value, layout, broken, {}, fields, repeated_keys)
    made.__class__ = Example
    return made  # type: ignore[no-any-return]


def row_at(  # noqa: PLR0917  (by place: names cost time)
    source: str,
    line: int,
    end_line: int,
    number: int,
    start: int,
    end: int,
    sheet: str | None,
    raw: bytes,
    value: Any,
    layout: Layout | None,
    cells: dict[str, str],
    fields: dict[str, str],
) -> Example:
    """The example of a row of a table; arguments by place, as of `example_at`."""
    where: Any = _Location(source, line, end_line, number, start, end, sheet)
    where.__class__ = Location
    made: Any = _Example(where, raw, value, layout, None, cells, fields, ())
    made.__class__ = Example
    return made  # type: ignore[no-any-return]
