# SPDX-License-Identifier: Apache-2.0
"""State of the rules that look for near duplicates: a sketch of each row, on disk if need be.

A row takes 112 bytes: 64 of its sketch, 8 of a digest, 40 of its place. Beyond `_ROOM` they go to
a file. While they are compared at the end, each row takes about 200 bytes, half of them of that
file (500,000 rows: 100 MB, measured 2026-11).
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from evalkit.core.location import Location
from evalkit.core.spill import SpillFile, new_spill_file
from evalkit.data.similarity import BINS, earliest_alike, sketches

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Sketches"]

_ROOM = 8 << 20  # bytes of rows in memory
_BATCH = 1 << 18  # bytes of text that wait to be sketched together
_DIGEST = 8
_PLACE = struct.Struct("<QQQQQ")  # line, end line, number, start, end; 0 = none
_META = _DIGEST + _PLACE.size
_SIZE = BINS + _META
_IN_MEMORY = 64 << 20  # bytes of rows that are compared without a file

Shelf = tuple[str, str | None]  # source, sheet


class Sketches:
    """What the rows of files resemble: one sketch each, with a digest and a place.

    Rows of equal digests are never found to be near duplicates of each other: another rule knows
    that they are the same.
    """

    __slots__ = ("_meta", "_rows", "_shelf", "_size", "_spilled", "_texts")

    def __init__(self) -> None:
        self._texts: list[bytes] = []
        self._meta: list[bytes] = []
        self._size = 0
        self._shelf: Shelf = ("", None)
        self._rows: dict[Shelf, bytearray] = {}
        self._spilled: list[tuple[Shelf, SpillFile]] = []

    def add(self, text: bytes, digest: bytes, location: Location) -> None:
        """Put a row beside the others.

        Args:
            text: What it says, normalised.
            digest: At least 8 bytes, of which 8 count.
            location: Of the row.
        """
        if location.source != self._shelf[0] or location.sheet != self._shelf[1]:
            self._settle()
            self._shelf = (location.source, location.sheet)
        line = location.line or 0
        place = _PLACE.pack(
            line, location.end_line or line, location.number or 0, location.start, location.end
        )
        self._texts.append(text)
        self._meta.append(digest[:_DIGEST] + place)
        self._size += len(text)
        if self._size > _BATCH:
            self._settle()

    def _settle(self) -> None:
        """Sketch what waits, and spill what memory has no room for."""
        if not self._texts:
            return
        import numpy as np

        meta = np.frombuffer(b"".join(self._meta), np.uint8).reshape(-1, _META)
        made = np.concatenate([sketches(self._texts), meta], axis=1)
        self._rows.setdefault(self._shelf, bytearray()).extend(made.tobytes())
        self._texts, self._meta, self._size = [], [], 0
        self._make_room()

    def _make_room(self) -> None:
        if sum(map(len, self._rows.values())) <= _ROOM:
            return
        for shelf, rows in self._rows.items():
            file = next((f for known, f in self._spilled if known == shelf and f.writable), None)
            if file is None:
                file = new_spill_file()
                self._spilled.append((shelf, file))
            file.write([bytes(rows)])
        self._rows = {}

    def __len__(self) -> int:
        return sum(len(rows) for _, rows in self._portions())

    def _portions(self) -> Iterator[tuple[Shelf, NDArray[np.uint8]]]:
        """All rows as they came, in portions of about `_ROOM`; shape (n, 112) each."""
        import numpy as np

        self._settle()
        for shelf, file in self._spilled:
            with Path(file.path).open("rb") as stream:
                for start, end in file.turns:
                    stream.seek(start)
                    rows = stream.read(end - start)
                    yield shelf, np.frombuffer(rows, np.uint8).reshape(-1, _SIZE)
        for shelf, held in self._rows.items():
            yield shelf, np.frombuffer(bytes(held), np.uint8).reshape(-1, _SIZE)

    def repeated(self) -> Iterator[tuple[Location, Location]]:
        """Rows that nearly repeat an earlier one: their place and that of the first such one."""
        yield from _Ordered(self).alike(None)

    def across(self, held_out: Collection[str]) -> Iterator[tuple[Location, Location]]:
        """Rows that nearly repeat one of a held-out source: their place and that of the first."""
        yield from _Ordered(self).alike(held_out)

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The rows of all."""
        whole = cls()
        for part in parts:
            part._settle()  # noqa: SLF001
            for shelf, rows in part._rows.items():  # noqa: SLF001
                whole._rows.setdefault(shelf, bytearray()).extend(rows)
            whole._spilled += [(shelf, file.closed()) for shelf, file in part._spilled]  # noqa: SLF001
            whole._make_room()
        return whole

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same rows with places moved, for a part of a file that was read by itself."""
        import numpy as np

        whole = type(self)()
        for shelf, portion in self._portions():
            rows = portion.copy()
            places = np.ascontiguousarray(rows[:, BINS + _DIGEST :]).view("<u8")
            moved = np.array([lines, lines, numbers, 0, 0], np.int64).astype("<u8")
            places = np.where(places != 0, places + moved, 0)
            places[:, 3:] = np.ascontiguousarray(rows[:, BINS + _DIGEST + 24 :]).view("<u8")
            rows[:, BINS + _DIGEST :] = places.astype("<u8").view(np.uint8)
            whole._rows.setdefault(shelf, bytearray()).extend(rows.tobytes())  # noqa: SLF001
            whole._make_room()  # noqa: SLF001
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal rows."""
        records = sorted(
            (shelf[0], shelf[1] or "", row.tobytes())
            for shelf, rows in self._portions()
            for row in rows
        )
        return repr(records).encode("utf-8", "surrogatepass")

    def __getstate__(self) -> dict[str, Any]:
        self._settle()
        return {
            "rows": {shelf: bytes(rows) for shelf, rows in self._rows.items()},
            "spilled": [(shelf, file.closed()) for shelf, file in self._spilled],
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self._rows = {shelf: bytearray(rows) for shelf, rows in state["rows"].items()}
        self._spilled = state["spilled"]


class _Ordered:
    """The rows in the order of the files, whatever the order in which parts came together."""

    def __init__(self, state: Sketches) -> None:
        import numpy as np

        shelves = sorted({shelf for shelf, _ in state._portions()}, key=_rank)  # noqa: SLF001
        self.shelves = shelves
        keys = [
            np.concatenate(
                [
                    np.full((len(rows), 1), shelves.index(shelf), "<u8"),
                    np.ascontiguousarray(rows[:, BINS + _DIGEST :]).view("<u8"),
                ],
                axis=1,
            )[:, [0, 1, 3, 4]]  # shelf, line, number, start
            for shelf, rows in state._portions()  # noqa: SLF001
        ]
        self.keys = np.concatenate(keys) if keys else np.zeros((0, 4), "<u8")
        order = np.lexsort(self.keys.T[::-1])
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        self.keys = self.keys[order]
        self.rows = _room_for(len(order))
        done = 0
        for _, rows in state._portions():  # noqa: SLF001
            self.rows[rank[done : done + len(rows)]] = rows
            done += len(rows)

    def alike(self, held_out: Collection[str] | None) -> Iterator[tuple[Location, Location]]:
        """Rows that are alike, with the first that they are like."""
        import numpy as np

        digests = np.ascontiguousarray(self.rows[:, BINS : BINS + _DIGEST]).view("<u8").ravel()
        held = None
        if held_out is None:
            known = np.ones(len(digests), bool)
            known[np.unique(digests, return_index=True)[1]] = False
        else:
            sources = np.array([source in held_out for source, _ in self.shelves] or [False])
            held = sources[self.keys[:, 0].astype(np.int64)]
            known = ~held & np.isin(digests, digests[held])
        self.rows[known, :BINS] = 0  # a sketch without grams is like no other
        first = earliest_alike(self.rows[:, :BINS], held)
        for later in np.flatnonzero(first >= 0).tolist():
            yield self.location(later), self.location(int(first[later]))

    def location(self, row: int) -> Location:
        """Where a row stands."""
        source, sheet = self.shelves[int(self.keys[row, 0])]
        line, end_line, number, start, end = _PLACE.unpack(self.rows[row, -_PLACE.size :].tobytes())
        return Location(
            source=source,
            line=line or None,
            end_line=end_line or None,
            number=number or None,
            start=start,
            end=end,
            sheet=sheet,
        )


def _rank(shelf: Shelf) -> tuple[str, str]:
    return shelf[0], shelf[1] or ""


def _room_for(rows: int) -> NDArray[np.uint8]:
    """An empty table of rows: in memory if small, else in a file that looks like memory."""
    import numpy as np

    if rows * _SIZE <= _IN_MEMORY:
        return np.empty((rows, _SIZE), np.uint8)
    return np.memmap(new_spill_file().path, np.uint8, "r+", shape=(rows, _SIZE))
