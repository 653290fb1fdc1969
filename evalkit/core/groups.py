# SPDX-License-Identifier: Apache-2.0
"""Which rows share a key: exact, mergeable, and on disk where memory has no room.

A record is 16 bytes of key, a tag, and the place, packed: 56 bytes for a row without a tag, so a
million rows of one rule are 56 MB. Beyond `_ROOM` bytes they go to a file, sorted into 64
partitions by the first bits of their keys, and are grouped one partition at a time at the end.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple, Self

from evalkit.core.location import Location
from evalkit.core.spill import SpillFile, new_spill_file

__all__ = ["Groups", "Member", "key_of"]

_ROOM = 8 << 20  # bytes of one state that stay in memory
_FEW = 1 << 17  # records that are grouped without numpy, which takes 80 ms to import
_PARTITIONS = 64
_WIDTHS = (0, 16, 40)  # of tags, with the byte that says how long the tag is
_PLACE = struct.Struct("<QQQQQ")  # line, end line, number, start, end; 0 = none
_KEY = 16


class Shelf(NamedTuple):
    """What the records of one buffer have in common."""

    source: str
    sheet: str | None
    width: int  # of tags
    lines: int = 0  # to be added to the lines of the records
    numbers: int = 0  # likewise to their example numbers


class Member(NamedTuple):
    """One row of a group.

    Attributes:
        location: Where it stands.
        tag: What the rule put beside it.
    """

    location: Location
    tag: bytes


def key_of(*parts: bytes | str) -> bytes:
    """16 bytes of SHA-256 (processors have it built in); equal for equal texts and no others."""
    if len(parts) == 1:
        data = parts[0]
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        return hashlib.sha256(data).digest()[:_KEY]
    made = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "little"))
        made.update(data)
    return made.digest()[:_KEY]


_last: tuple[Location | None, bytes] = (None, b"")


def _packed(place: Location) -> bytes:
    """The place without its source; several rules ask for the same one in turn."""
    global _last  # noqa: PLW0603  (a memo of one)
    known, packed = _last
    if known is place:
        return packed
    line = place.line or 0
    packed = _PLACE.pack(line, place.end_line or line, place.number or 0, place.start, place.end)
    _last = (place, packed)
    return packed


class Groups:
    """Where each digest, prompt or answer occurs.

    Attributes:
        buffers: Records in memory.
        spilled: Records on disk.
        count: Records in all.
    """

    __slots__ = ("_buffer", "_held", "_shelf", "buffers", "count", "spilled")

    def __init__(self) -> None:
        self.buffers: dict[Shelf, bytearray] = {}
        self.spilled: list[tuple[Shelf, SpillFile]] = []
        self.count = 0
        self._held = 0
        self._shelf = Shelf("", None, -1)
        self._buffer = bytearray()

    def add(self, key: bytes | str, location: Location, tag: bytes = b"") -> None:
        """Put a row into the group of `key`.

        Args:
            key: 16 bytes are taken as they are (a digest), everything else is hashed.
            location: Of the row.
            tag: Up to 39 bytes to find again beside it.
        """
        if type(key) is not bytes or len(key) != _KEY:
            key = key_of(key)
        width = 0 if not tag else 16 if len(tag) < 16 else 40
        shelf = self._shelf
        if shelf[0] is not location.source or shelf[2] != width or shelf[1] != location.sheet:
            self._turn_to(Shelf(location.source, location.sheet, width))
        buffer = self._buffer
        buffer += key
        if width:
            buffer.append(len(tag))
            buffer += tag.ljust(width - 1, b"\0")
        buffer += _packed(location)
        self.count += 1
        self._held += _KEY + width + _PLACE.size
        if self._held > _ROOM:
            self._spill()

    def _turn_to(self, shelf: Shelf) -> None:
        self._buffer = self.buffers.setdefault(shelf, bytearray())
        self._shelf = shelf

    def _spill(self) -> None:
        for shelf, buffer in self.buffers.items():
            mine = (file for known, file in self.spilled if known == shelf and file.writable)
            if (file := next(mine, None)) is None:
                file = new_spill_file()
                self.spilled.append((shelf, file))
            _to_partitions(file, bytes(buffer), _record_size(shelf))
            buffer.clear()
        self._held = 0

    def __len__(self) -> int:
        return self.count

    def __getstate__(self) -> dict[str, Any]:
        return {
            "buffers": {shelf: bytes(buffer) for shelf, buffer in self.buffers.items() if buffer},
            "spilled": [(shelf, file.closed()) for shelf, file in self.spilled],
            "count": self.count,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__()  # type: ignore[misc]
        self.buffers = {shelf: bytearray(data) for shelf, data in state["buffers"].items()}
        self.spilled = state["spilled"]
        self.count = state["count"]
        self._held = sum(map(len, self.buffers.values()))

    def repeated(self) -> Iterator[list[Member]]:
        """The groups of two and more by their keys, each in the order of the files."""
        for records in self._portions():
            for group in _repeats(records):
                yield sorted((_member(shelf, record) for shelf, record in group), key=_order)

    def members(self, keys: Collection[bytes | str]) -> dict[bytes | str, list[Member]]:
        """The groups of some keys, each in the order of the files; no entry where there is none."""
        wanted = {
            key if type(key) is bytes and len(key) == _KEY else key_of(key): key for key in keys
        }
        found: dict[bytes | str, list[Member]] = {}
        for records in self._portions():
            for shelf, data in records:
                size = _record_size(shelf)
                for at in range(0, len(data), size):
                    if (digest := data[at : at + _KEY]) in wanted:
                        member = _member(shelf, data[at : at + size])
                        found.setdefault(wanted[digest], []).append(member)
        for group in found.values():
            group.sort(key=_order)
        return found

    def _portions(self) -> Iterator[list[tuple[Shelf, bytes]]]:
        """All records, cut so that equal keys are in one portion."""
        held = [(shelf, bytes(buffer)) for shelf, buffer in self.buffers.items() if buffer]
        if not self.spilled:
            yield held
            return
        parted = [(shelf, _parted(data, _record_size(shelf))) for shelf, data in held]
        for number in range(_PARTITIONS):
            portion = [(shelf, parts[number]) for shelf, parts in parted]
            portion += [(shelf, file.read(number)) for shelf, file in self.spilled]
            yield [(shelf, data) for shelf, data in portion if data]

    @classmethod
    def of(cls, pairs: Iterable[tuple[bytes | str, Location]]) -> Self:
        """The groups of some (key, location) pairs."""
        groups = cls()
        for key, location in pairs:
            groups.add(key, location)
        return groups

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The union, group by group."""
        whole = cls()
        for part in parts:
            for shelf, buffer in part.buffers.items():
                whole._turn_to(shelf)
                whole._buffer += buffer
                whole._held += len(buffer)
            whole.count += part.count
            whole.spilled += [(shelf, file.closed()) for shelf, file in part.spilled]
            if whole._held > _ROOM:
                whole._spill()
        return whole

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same groups with places moved: for a part of a file that was read by itself."""

        def moved(shelf: Shelf) -> Shelf:
            return shelf._replace(lines=shelf.lines + lines, numbers=shelf.numbers + numbers)

        whole = type(self)()
        whole.__setstate__(
            {
                "buffers": {moved(shelf): data for shelf, data in self.buffers.items()},
                "spilled": [(moved(shelf), file.closed()) for shelf, file in self.spilled],
                "count": self.count,
            }
        )
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal groups."""
        records = sorted(
            (data[at : at + _KEY], _order(_member(shelf, data[at : at + size])))
            for portion in self._portions()
            for shelf, data in portion
            for size in [_record_size(shelf)]
            for at in range(0, len(data), size)
        )
        return repr(records).encode("utf-8", "surrogatepass")


def _record_size(shelf: Shelf) -> int:
    return _KEY + shelf.width + _PLACE.size


def _member(shelf: Shelf, record: bytes) -> Member:
    source, sheet, width, lines, numbers = shelf
    line, end_line, number, start, end = _PLACE.unpack_from(record, _KEY + width)
    location = Location(
        source=source,
        line=line + lines if line else None,
        end_line=end_line + lines if line else None,
        number=number + numbers if number else None,
        start=start,
        end=end,
        sheet=sheet,
    )
    return Member(location, record[_KEY + 1 : _KEY + 1 + record[_KEY]] if width else b"")


def _order(member: Member) -> tuple[Any, ...]:
    place, tag = member
    return (place.source, place.sheet or "", place.line or 0, place.number or 0, place.start, tag)


def _repeats(records: list[tuple[Shelf, bytes]]) -> Iterator[list[tuple[Shelf, bytes]]]:
    """Records that share their key with another, group by group in the order of the keys."""
    sizes = [_record_size(shelf) for shelf, _ in records]
    total = sum(len(data) // size for (_, data), size in zip(records, sizes, strict=True))
    find = _suspects_of_few if total <= _FEW else _suspects
    groups: dict[bytes, list[tuple[Shelf, bytes]]] = {}
    for (shelf, data), size, rows in zip(records, sizes, find(records, sizes), strict=True):
        for row in rows:
            at = row * size
            groups.setdefault(data[at : at + _KEY], []).append((shelf, data[at : at + size]))
    for key in sorted(groups):
        if len(groups[key]) > 1:
            yield groups[key]


def _suspects_of_few(records: list[tuple[Shelf, bytes]], sizes: list[int]) -> list[list[int]]:
    """Per shelf the rows whose key occurs again anywhere."""
    keys = [
        [data[at : at + _KEY] for at in range(0, len(data), size)]
        for (_, data), size in zip(records, sizes, strict=True)
    ]
    seen: set[bytes] = set()
    twice: set[bytes] = set()
    for one in keys:
        for key in one:
            (twice if key in seen else seen).add(key)
    return [[row for row, key in enumerate(one) if key in twice] if twice else [] for one in keys]


def _suspects(records: list[tuple[Shelf, bytes]], sizes: list[int]) -> list[list[int]]:
    """Per shelf the rows whose first 8 bytes of key occur again anywhere."""
    import numpy as np

    columns = [
        np.ndarray(len(data) // size, dtype="<u8", buffer=data, strides=(size,))
        for (_, data), size in zip(records, sizes, strict=True)
    ]
    every = np.sort(np.concatenate(columns))
    twice = np.unique(every[1:][every[1:] == every[:-1]])
    return [np.flatnonzero(np.isin(column, twice)).tolist() for column in columns]


def _parted(data: bytes, size: int) -> list[bytes]:
    """Records by the top bits of the first byte of their keys."""
    import numpy as np

    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, size)
    partition = rows[:, 0] % _PARTITIONS
    order = np.argsort(partition, kind="stable")
    ends = np.searchsorted(partition[order], np.arange(_PARTITIONS + 1))
    ordered = rows[order]
    return [ordered[ends[n] : ends[n + 1]].tobytes() for n in range(_PARTITIONS)]


def _to_partitions(file: SpillFile, data: bytes, size: int) -> None:
    if data:
        file.write(_parted(data, size))
