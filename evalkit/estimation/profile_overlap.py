# SPDX-License-Identifier: Apache-2.0
"""Data sets beside each other: which rows of one stand in another, too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from evalkit.core.accumulators import Tally
from evalkit.core.groups import Groups

__all__ = ["Overlap", "overlaps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What two files have in common.

    Attributes:
        first: Path of one.
        second: Path of the other.
        rows: Rows of the second that stand in the first as they are.
        questions: Rows of the second that ask what a row of the first asks (without differences of
            case, width and blanks).
    """

    first: str
    second: str
    rows: int
    questions: int

    def to_dict(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self)


def overlaps(rows: Mapping[str, Groups], questions: Mapping[str, Groups]) -> tuple[Overlap, ...]:
    """What every two files have in common.

    Args:
        rows: Path to the digests of its rows; a path is the source of its locations.
        questions: Path to the digests of what its rows ask.
    """
    same, asked = _common(rows), _common(questions)
    return tuple(
        Overlap(
            first=first,
            second=second,
            rows=same.counts.get((first, second), 0),
            questions=asked.counts.get((first, second), 0),
        )
        for first, second in combinations(rows, 2)
    )


def _common(groups: Mapping[str, Groups]) -> Tally[tuple[str, str]]:
    """(First, second) to the rows of the second that share a key with the first."""
    order = {path: place for place, path in enumerate(groups)}
    found: Tally[tuple[str, str]] = Tally()
    for group in Groups.merged(groups.values()).repeated():
        by_path: Tally[str] = Tally.of(member.location.source for member in group)
        for first, second in combinations(sorted(by_path.counts, key=order.__getitem__), 2):
            found.add((first, second), by_path.counts[second])
    return found
