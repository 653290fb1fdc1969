# SPDX-License-Identifier: Apache-2.0
"""States that count how often each text occurs, and give up where there are too many kinds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Self

from evalkit.core.accumulators import place
from evalkit.core.location import Location

__all__ = ["Kind", "Kinds", "Same"]


class Kind(NamedTuple):
    """One text.

    Attributes:
        text: It; the beginning and a digest where it is long.
        number: How often it occurs.
        first: Where it occurs first.
    """

    text: str
    number: int
    first: Location


@dataclass(slots=True)
class _Held:
    number: int
    first: Location


_NOWHERE = Location(source="")


class Kinds:
    """How often each text occurs and where first; nothing is kept of more than `MOST` kinds.

    Whether it gives up does not depend on the order of the texts nor on the shards.

    Attributes:
        total: Texts that were added.
        overflowed: Whether there were too many kinds.
    """

    MOST: ClassVar[int] = 10_000
    LONGEST: ClassVar[int] = 8192  # characters of a text that are kept
    __slots__ = ("_held", "_last", "_line", "_text", "overflowed", "total")

    def __init__(self) -> None:
        self.total = 0
        self.overflowed = False
        self._held: dict[str, _Held] = {}
        # The text that was added last, as it mostly is the next one, too (a system prompt).
        self._text: str | None = None
        self._last = _Held(0, _NOWHERE)
        self._line = 0

    def add(self, text: str, location: Location) -> None:
        """Count a text."""
        self.total += 1
        if self.overflowed:
            return
        if text != self._text:
            self._turn_to(text, location)
        last = self._last
        last.number += 1
        if (location.line or 0) < self._line:
            last.first = min(last.first, location, key=place)
            self._line = last.first.line or 0

    def _turn_to(self, text: str, location: Location) -> None:
        key = text if len(text) <= self.LONGEST else self._shortened(text)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = _Held(0, location)
            self._give_up()
        self._text, self._last, self._line = text, held, held.first.line or 0

    def _shortened(self, text: str) -> str:
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16)
        return f"{text[: self.LONGEST - 33]}\0{digest.hexdigest()}"

    def _give_up(self) -> None:
        if len(self._held) > self.MOST:
            self._held.clear()
            self._text = None
            self.overflowed = True

    @property
    def first(self) -> Location | None:
        """Where the first text stands; None where there are too many kinds, or none."""
        return min((held.first for held in self._held.values()), key=place, default=None)

    def __len__(self) -> int:
        """Number of kinds; 0 where there were too many."""
        return len(self._held)

    def items(self) -> list[Kind]:
        """The kinds, the most frequent first, then by their first places."""
        kinds = [Kind(text, held.number, held.first) for text, held in self._held.items()]
        return sorted(kinds, key=lambda kind: (-kind.number, place(kind.first), kind.text))

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """The sums, and the first places of all."""
        whole = cls()
        for part in parts:
            whole._take(part)
        return whole

    def _take(self, part: Self) -> None:
        self.total += part.total
        self.overflowed |= part.overflowed
        self._text = None
        for text, held in part._held.items():
            known = self._held.setdefault(text, _Held(0, held.first))
            known.number += held.number
            known.first = min(known.first, held.first, key=place)
        if self.overflowed:
            self._held.clear()
        self._give_up()

    def shifted(self, lines: int, numbers: int) -> Self:
        """The same with places moved, for a part of a file that was read by itself."""
        whole = self.merged([self])
        for held in whole._held.values():  # noqa: SLF001
            held.first = held.first.moved(lines, numbers)
        return whole

    def _lines(self) -> Iterator[str]:
        yield f"{self.total} {self.overflowed}"
        for text, number, first in sorted(self.items(), key=lambda kind: kind.text):
            yield f"{text!r} {number} {place(first)}"

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        return "\n".join(self._lines()).encode("utf-8", "surrogatepass")


class Same:
    """Whether all texts were the same so far; one text is held at most.

    Attributes:
        number: How many there were, as long as all are the same.
        text: The text, None where there was none or they differ.
        differ: Whether two were not the same.
    """

    __slots__ = ("differ", "number", "text")

    def __init__(self) -> None:
        self.number = 0
        self.text: str | None = None
        self.differ = False

    def add(self, text: str | None) -> None:
        """One more; None is like no other."""
        if self.differ:
            return
        self.number += 1
        if text is None or (self.text is not None and self.text != text):
            self.number, self.text, self.differ = 0, None, True
        else:
            self.text = text

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """Whether all are the same."""
        whole = cls()
        for part in parts:
            if part.differ:
                whole.add(None)
            elif part.number:
                whole.add(part.text)
                if not whole.differ:
                    whole.number += part.number - 1
        return whole

    def to_bytes(self) -> bytes:
        """Equal for equal states."""
        return repr((self.number, self.text, self.differ)).encode("utf-8", "surrogatepass")
