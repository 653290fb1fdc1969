# SPDX-License-Identifier: Apache-2.0
"""State of rules that look at a whole file: exact, and mergeable in any order of any shards.

A rule asks for one by annotation; the engine makes it, feeds it and merges it. Each class keeps
three promises, tested for random shards: `merged(parts)` equals the state of the whole, nothing
depends on the order of the parts, and equal states have equal bytes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any, Generic, Protocol, Self, TypeVar

from evalkit.core.groups import Groups, Member
from evalkit.core.location import Location

__all__ = [
    "Accumulator",
    "CappedTally",
    "Count",
    "Firsts",
    "Groups",
    "Member",
    "Tally",
    "place",
]

Key = TypeVar("Key", bound=Hashable)


class Accumulator(Protocol):
    """What the engine needs of a state."""

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """One state out of those of shards."""
        ...

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        ...


def place(item: Any) -> Any:
    """What orders items of a group: locations by source, sheet and line; else the item itself."""
    if isinstance(item, Location):
        return (item.source, item.sheet or "", item.line or 0, item.number or 0, item.start)
    if isinstance(item, tuple):
        return tuple(place(part) for part in item)
    return item


class Count:
    """How many.

    Attributes:
        value: The number, 0 at first.
    """

    __slots__ = ("value",)

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def add(self, amount: int = 1) -> None:
        """Count `amount` more."""
        self.value += amount

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The sum."""
        return cls(sum(part.value for part in parts))

    def to_bytes(self) -> bytes:
        """Equal for equal counts."""
        return str(self.value).encode()


class Tally(Generic[Key]):
    """How often each key was seen.

    Attributes:
        counts: Key to number, in the order of first sight.
    """

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: dict[Key, int] = {}

    def add(self, key: Key, amount: int = 1) -> None:
        """Count `key` once more, or `amount` times."""
        self.counts[key] = self.counts.get(key, 0) + amount

    def __len__(self) -> int:
        return len(self.counts)

    def total(self) -> int:
        """The sum of all counts."""
        return sum(self.counts.values())

    def items(self) -> list[tuple[Key, int]]:
        """Keys with their counts, most frequent first, ties by the key's representation."""
        return sorted(self.counts.items(), key=lambda item: (-item[1], repr(item[0])))

    @classmethod
    def of(cls, keys: Iterable[Key]) -> Self:
        """The tally of some keys."""
        tally = cls()
        for key in keys:
            tally.add(key)
        return tally

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The sums."""
        whole = cls()
        for part in parts:
            for key, amount in part.counts.items():
                whole.add(key, amount)
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal tallies."""
        return repr(self.items()).encode("utf-8", "surrogatepass")


class CappedTally(Tally[Key]):
    """A tally that gives up beyond 10,000 different keys: for what is only of interest if few.

    Once it has given up it holds nothing, and stays so; whether it gives up does not depend on the
    order of the keys nor on the shards.

    Attributes:
        overflowed: Whether there were more.
    """

    LIMIT = 10_000
    __slots__ = ("overflowed",)

    def __init__(self) -> None:
        super().__init__()
        self.overflowed = False

    def add(self, key: Key, amount: int = 1) -> None:
        """Count `key` once more, or `amount` times."""
        if self.overflowed:
            return
        super().add(key, amount)
        if len(self.counts) > self.LIMIT:
            self.counts.clear()
            self.overflowed = True

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The sums."""
        every = list(parts)
        whole = super().merged(every)
        if any(part.overflowed for part in every):
            whole.counts.clear()
            whole.overflowed = True
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal tallies."""
        return b"overflowed" if self.overflowed else super().to_bytes()


def _together(one: Location, other: Location) -> bool:
    return one.source == other.source and one.sheet == other.sheet


class Firsts:
    """The first 20 places in the order of the file, and how many there were.

    Attributes:
        total: The number.
        places: The first ones and some more.
    """

    KEPT = 20
    __slots__ = ("_last", "places", "total")

    def __init__(self) -> None:
        self.total = 0
        self.places: list[Location] = []
        self._last: Location | None = None  # of 20 that are kept

    def add(self, location: Location) -> None:
        """One more; they may come in any order."""
        self.total += 1
        last = self._last
        if (
            last is not None
            and (location.line or 0) > (last.line or 0)
            and _together(last, location)
        ):
            return  # as mostly: a file is read from its beginning
        self.places.append(location)
        if len(self.places) >= 2 * self.KEPT:
            self.places = self.items()
            self._last = self.places[-1]

    def items(self) -> list[Location]:
        """The first ones."""
        return sorted(self.places, key=place)[: self.KEPT]

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The first ones of all."""
        whole = cls()
        for part in parts:
            for location in part.items():
                whole.add(location)
            whole.total += part.total - len(part.items())
        return whole

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same with places moved: for a part of a file that was read by itself."""
        whole = type(self)()
        whole.total = self.total
        whole.places = [location.moved(lines, numbers) for location in self.places]
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        return repr((self.total, [place(one) for one in self.items()])).encode(
            "utf-8", "surrogatepass"
        )
