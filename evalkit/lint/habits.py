# SPDX-License-Identifier: Apache-2.0
"""State of rules that learn what most rows are like and then speak of the few that differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Generic, NamedTuple, Self, TypeVar

from evalkit.core.accumulators import place
from evalkit.core.example import Example, Message
from evalkit.core.location import Location
from evalkit.lint.texts import pointer_of

__all__ = ["Habits", "Seen"]

Kind = TypeVar("Kind", str, int)


class Seen(NamedTuple):
    """One row of a kind.

    Attributes:
        location: Of the row.
        pointer: Of what made it one of the kind.
    """

    location: Location
    pointer: str


class Habits(Generic[Kind]):
    """How many rows are of each kind, and where the first ones of each stand.

    Exact and mergeable in any order. Bounded: 100 rows of a kind are kept, and beyond 1,000 kinds
    it gives up (`overflowed`) and holds nothing, whatever the order of the rows.

    Attributes:
        counts: Kind to the number of its rows.
        overflowed: Whether there were more kinds than can be told apart.
    """

    KEPT: ClassVar[int] = 100
    LIMIT: ClassVar[int] = 1_000
    __slots__ = ("_full", "_seen", "counts", "overflowed")

    def __init__(self) -> None:
        self.counts: dict[Kind, int] = {}
        self.overflowed = False
        self._seen: dict[Kind, list[Seen]] = {}
        self._full: dict[Kind, Location] = {}  # kind to its last kept row, once enough are kept

    def count(self, kind: Kind, number: int = 1) -> None:
        """Some more of a kind that nobody asks to see."""
        counts = self.counts
        if kind in counts:
            counts[kind] += number
        elif not self.overflowed:
            counts[kind] = number
            if len(counts) > self.LIMIT:
                self.give_up()

    def add(self, kind: Kind, example: Example, message: Message) -> None:
        """One more of a kind, with the message that makes it one."""
        self.count(kind)
        last = self._full.get(kind)
        if last is None or not _behind(example.location, last):
            self.keep(kind, [Seen(example.location, pointer_of(example, message))])

    def keep(self, kind: Kind, rows: Iterable[Seen]) -> None:
        """Rows that were counted: hold them if they are among the first."""
        if self.overflowed:
            return
        held = self._seen.setdefault(kind, [])
        held += rows
        if len(held) >= self.KEPT:
            held.sort(key=place)
            del held[self.KEPT :]
            self._full[kind] = held[-1].location

    def give_up(self) -> None:
        """Hold nothing any more."""
        self.overflowed = True
        self.counts.clear()
        self._seen.clear()
        self._full.clear()

    def total(self) -> int:
        """Rows of all kinds."""
        return sum(self.counts.values())

    def usual(self) -> Kind | None:
        """The most frequent kind, the least of equals; None where there is none."""
        return min(self.counts, key=lambda kind: (-self.counts[kind], kind), default=None)

    def seen(self, kind: Kind) -> Iterator[Seen]:
        """The first rows of a kind, in order."""
        return iter(sorted(self._seen.get(kind, ()), key=place))

    def kept(self) -> Iterator[tuple[Kind, list[Seen]]]:
        """Kinds with their first rows, in order."""
        return ((kind, list(self.seen(kind))) for kind in sorted(self._seen))

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The sums, and the first rows of all."""
        whole = cls()
        for part in parts:
            if part.overflowed:
                whole.give_up()
            for kind, number in part.counts.items():
                whole.count(kind, number)
            for kind, rows in part.kept():
                whole.keep(kind, rows)
        return whole

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same with its rows moved: for a part of a file that was read by itself."""
        whole = type(self)()
        if self.overflowed:
            whole.give_up()
        for kind, number in self.counts.items():
            whole.count(kind, number)
        for kind, rows in self.kept():
            whole.keep(kind, [Seen(s.location.moved(lines, numbers), s.pointer) for s in rows])
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        if self.overflowed:
            return b"overflowed"
        rows = [(kind, [place(seen) for seen in rows]) for kind, rows in self.kept()]
        return repr((sorted(self.counts.items()), rows)).encode("utf-8", "surrogatepass")


def _behind(here: Location, last: Location) -> bool:
    """Whether a row stands behind another for certain: rows of a file come in order."""
    if here.line is None or last.line is None or here.line <= last.line:
        return False
    return here.source == last.source
