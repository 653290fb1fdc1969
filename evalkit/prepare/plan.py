# SPDX-License-Identifier: Apache-2.0
"""What a plan consists of: numbered steps, each said before anything is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from itertools import chain
from typing import Literal

from evalkit.core.printable import excerpt
from evalkit.lint.phrase import Phrase

__all__ = ["FIRST", "Kind", "Reason", "Step", "grouped", "lines_said", "shown", "step"]

FIRST = 20  # lines that a step names

Kind = Literal["necessary", "optional", "message", "stop", "skipped"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One of several things that a step is about.

    Attributes:
        what: What was found.
        rows: How many rows it is about.
        lines: The first `FIRST` of them.
    """

    what: Phrase
    rows: int
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was found, and what will be done about it.

    Attributes:
        name: As `--skip` takes it.
        kind: "necessary" steps are always taken, "optional" ones unless skipped; a "message" only
            says something, a "stop" ends the plan unless it is skipped.
        what: What was found.
        mend: What will be done; None where nothing is.
        rows: How many rows it is about.
        lines: The first `FIRST` of them, by their physical lines in the input (rows of a sheet).
        reasons: What the rows have, where it is not the same; most frequent first.
    """

    name: str
    kind: Kind
    what: Phrase
    mend: Phrase | None = None
    rows: int = 0
    lines: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()


def step(
    name: str, kind: Kind, what: Phrase, mend: Phrase | None = None, *, lines: Sequence[int] = ()
) -> Step:
    """A step about the rows on these lines."""
    return Step(
        name=name, kind=kind, what=what, mend=mend, rows=len(lines), lines=tuple(lines[:FIRST])
    )


def grouped(
    name: str, kind: Kind, what: Phrase, mend: Phrase, found: Mapping[Phrase, Sequence[int]]
) -> Step:
    """A step about rows that have different things; where all have the same it says just that.

    Args:
        name: Of the step.
        kind: Of the step.
        what: To say of all of them.
        mend: What will be done.
        found: What they have, to the lines; not empty.
    """
    if len(found) == 1:
        ((alone, lines),) = found.items()
        return step(name, kind, alone, mend, lines=lines)
    reasons = [Reason(why, len(lines), tuple(lines[:FIRST])) for why, lines in found.items()]
    return Step(
        name=name,
        kind=kind,
        what=what,
        mend=mend,
        rows=sum(map(len, found.values())),
        lines=tuple(nsmallest(FIRST, chain.from_iterable(found.values()))),
        reasons=tuple(sorted(reasons, key=lambda one: -one.rows)),
    )


def lines_said(one: Step | Reason, most: int = 6) -> Phrase:
    """`lines 3, 8 and 4 more`; empty where the step is about no row in particular."""
    if not one.lines:
        return Phrase("", "")
    named, more = one.lines[:most], one.rows - min(most, len(one.lines))
    numbers = ", ".join(f"{line}" for line in named)
    chinese = "、".join(f"{line}" for line in named)
    word = "line" if one.rows == 1 else "lines"
    return Phrase(
        f"{word} {numbers}" + (f" and {more:,} more" if more else ""),
        f"第 {chinese} 行" + (f"等 {one.rows:,} 行" if more else ""),
    )


def shown(text: str, width: int = 60) -> str:
    r"""Text of the data between backticks, line breaks as `\n`."""
    return f"`{excerpt(text.replace(chr(10), chr(92) + 'n'), width)}`"
