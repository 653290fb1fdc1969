# SPDX-License-Identifier: Apache-2.0
"""Texts and names counted in bounded memory, and made fit to be shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evalkit.core.accumulators import CappedTally
from evalkit.core.groups import Groups, key_of
from evalkit.core.secrets import quoted
from evalkit.estimation.profile_facts import Repeats
from evalkit.estimation.profile_spread import Counted

__all__ = ["SHOWN_NAME", "TextTally", "ranked", "repeats", "shares"]

SHOWN_NAME = 60  # characters of a name or label from the data
_BY_ITSELF = 64  # characters up to which a text is its own key
_GROUPS = 5
_LINES = 8


@dataclass(slots=True)
class _Held:
    count: int
    beginning: str
    characters: int


class TextTally:
    """How often each text occurs; of long ones only the beginning is held.

    Beyond `most` different texts it gives up and holds nothing.

    Attributes:
        total: Texts that were added.
        overflowed: Whether there were too many different ones.
    """

    __slots__ = ("_held", "_most", "_width", "overflowed", "total")

    def __init__(self, *, most: int = 10_000, width: int = SHOWN_NAME) -> None:
        """Start empty.

        Args:
            most: Different texts that are held.
            width: Characters of a text that are kept to be shown.
        """
        self.total = 0
        self.overflowed = False
        self._held: dict[str | bytes, _Held] = {}
        self._most, self._width = most, width

    def add(self, text: str) -> None:
        """Count a text."""
        self.total += 1
        if self.overflowed:
            return
        key = text if len(text) <= _BY_ITSELF else key_of(text)
        held = self._held.get(key)
        if held is not None:
            held.count += 1
            return
        if len(self._held) >= self._most:
            self._held.clear()
            self.overflowed = True
            return
        # The end of a secret may lie beyond what is kept: it is looked for while all is there.
        self._held[key] = _Held(1, quoted(text, self._width), len(text))

    @property
    def different(self) -> int | None:
        """Texts that differ; None where there were too many."""
        return None if self.overflowed else len(self._held)

    def items(self) -> list[tuple[str, int, int]]:
        """Beginning, characters and number of each text, most frequent first."""
        found = [(one.beginning, one.characters, one.count) for one in self._held.values()]
        return sorted(found, key=lambda item: (-item[2], item[0], item[1]))

    def short(self) -> dict[str, int]:
        """The texts up to 64 characters, as they are, with their numbers."""
        return {key: one.count for key, one in self._held.items() if isinstance(key, str)}


def shares(items: Iterable[tuple[str, int]], total: int) -> tuple[Counted, ...]:
    """Names and numbers with their shares of a total."""
    return tuple(Counted(name, count, count / total if total else 0.0) for name, count in items)


def ranked(tally: CappedTally[str], total: int | None = None) -> tuple[Counted, ...]:
    """The keys of a tally, made showable, the most frequent first; none where there are too many.

    Args:
        tally: Of names from the data.
        total: What shares are of; None = the sum of all.
    """
    items = ((quoted(name, SHOWN_NAME), count) for name, count in tally.items())
    return shares(items, tally.total() if total is None else total)


def repeats(groups: Groups) -> Repeats:
    """What stands there more than once."""
    copies = number = 0
    largest: list[tuple[int, tuple[int, ...]]] = []
    for group in groups.repeated():
        copies += len(group) - 1
        number += 1
        lines = tuple(member.location.line or 0 for member in group[:_LINES])
        largest.append((-len(group), lines))
        if len(largest) > 16 * _GROUPS:
            largest = sorted(largest)[:_GROUPS]
    places = tuple(lines for _, lines in sorted(largest)[:_GROUPS])
    return Repeats(copies=copies, groups=number, places=places)
