# SPDX-License-Identifier: Apache-2.0
"""State of rules that look at a whole file: exact, and mergeable in any order of any shards.

A rule asks for one by annotation; the engine makes it, feeds it and merges it. Each class keeps
three promises, tested for random shards: `merged(parts)` equals the state of the whole, nothing
depends on the order of the parts, and equal states have equal bytes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Generic, Protocol, Self, TypeVar

from evalkit.core.location import Location

__all__ = ["Accumulator", "Count", "Groups", "Tally", "place"]

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


class Groups(Generic[Key]):
    """Which items share a key: where each digest, prompt or answer occurs.

    Attributes:
        groups: Key to its item, or to a list of them; most keys of a clean file have one.
    """

    __slots__ = ("groups",)

    def __init__(self) -> None:
        self.groups: dict[Key, Any] = {}

    def add(self, key: Key, item: Any) -> None:
        """Put `item` (a Location, a number, never a list) into the group of `key`."""
        if key not in self.groups:
            self.groups[key] = item
        elif type(held := self.groups[key]) is list:
            held.append(item)
        else:
            self.groups[key] = [held, item]

    def __len__(self) -> int:
        return len(self.groups)

    def _members(self, held: Any) -> list[Any]:
        return sorted(held, key=place) if type(held) is list else [held]

    def items(self) -> Iterator[tuple[Key, list[Any]]]:
        """Keys with their items in order; the groups in the order of their first items."""
        ordered = ((key, self._members(held)) for key, held in self.groups.items())
        return iter(sorted(ordered, key=lambda pair: (place(pair[1][0]), repr(pair[0]))))

    def repeated(self) -> Iterator[list[Any]]:
        """The groups of two and more, each in order, in the order of their first items."""
        many = (self._members(h) for h in self.groups.values() if type(h) is list)
        return iter(sorted(many, key=lambda members: [place(m) for m in members]))

    @classmethod
    def of(cls, pairs: Iterable[tuple[Key, Any]]) -> Self:
        """The groups of some (key, item) pairs."""
        groups = cls()
        for key, item in pairs:
            groups.add(key, item)
        return groups

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The union, group by group."""
        whole = cls()
        for part in parts:
            for key, held in part.groups.items():
                for item in held if type(held) is list else (held,):
                    whole.add(key, item)
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal groups."""
        lines = (
            f"{key!r}:{[place(member) for member in members]}" for key, members in self.items()
        )
        return "\n".join(lines).encode("utf-8", "surrogatepass")
