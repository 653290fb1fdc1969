# SPDX-License-Identifier: Apache-2.0
"""What a person should know of a division, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from evalkit.core.printable import excerpt
from evalkit.data.dates import day
from evalkit.data.facts import CONVERSATION, NO_DATE, Facts
from evalkit.data.kin import Kin
from evalkit.data.similarity import NEAR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["remarks"]

_LARGE = 0.1  # of all rows: a family of that size is mentioned


def remarks(
    facts: Facts,
    kin: Kin,
    parts: NDArray[np.int64],
    wanted: Mapping[str, int],
    *,
    group: str | None,
    date: str | None,
) -> Iterator[str]:
    """Sentences without a full stop.

    Args:
        facts: Of the rows.
        kin: Their families.
        parts: Of each row: 0 is train, then those of `wanted` in order.
        wanted: Held-out part to number of rows.
        group: The field by which rows belong together.
        date: The field that says when they are from.
    """
    import numpy as np

    if again := len(facts) - len(np.unique(facts.key_column())):
        what = "row asks" if again == 1 else "rows ask"
        yield f"{again:,} {what} what another one asks: all that ask the same stay together"
    if group is not None:
        yield from _of_groups(facts, group)
    yield from _of_likeness(kin)
    sizes = np.bincount(kin.roots)
    largest = int(sizes.max())
    if largest > max(2, _LARGE * len(facts)):
        where = ("train", *wanted)[int(parts[int(sizes.argmax())])]
        yield (
            f"{largest:,} of {len(facts):,} rows belong together and stand in {where}: "
            "the other parts have none like them"
        )
    for code, (part, number) in enumerate(wanted.items(), 1):
        if (has := int((parts == code).sum())) != number:
            why = "rows of one date" if date else "rows that belong together"
            yield f"{part} has {has:,} rows for {number:,} wanted: {why} are never parted"
    if date is not None:
        yield from _of_dates(facts, kin, parts, wanted, date)


def _rows(number: int) -> str:
    return f"{number:,} row{'s' * (number != 1)}"


def _of_groups(facts: Facts, group: str) -> Iterator[str]:
    import numpy as np

    groups = facts.group_column()
    number, without = len(np.unique(groups[groups != 0])), int((groups == 0).sum())
    name = f"`{excerpt(group)}`"
    if group == CONVERSATION and CONVERSATION not in facts.found:
        name = "first question"
    yield f"{number:,} groups of one {name} each stay together" + (
        f"; {_rows(without)} without one, each by itself" if without else ""
    )


def _of_likeness(kin: Kin) -> Iterator[str]:
    import numpy as np

    made = np.unique(kin.roots[kin.roots != kin.base])
    if len(made):
        number = int(np.isin(kin.roots, made).sum())
        groups = f"{len(made):,} group{'s' * (len(made) != 1)}"
        yield f"{_rows(number)} in {groups} are nearly the same: each group stays together"
    if stock := int(kin.stock.sum()):
        yield (
            f"{_rows(stock)} get one long answer with others that ask something else: "
            "these need not stay together"
        )
    large = kin.least > NEAR
    if large.any():
        levels = kin.least[large]
        closest = float(levels.min())
        kept = (
            "only those that ask exactly the same"
            if closest > 1
            else f"only those that are {closest:.0%} alike"
        )
        if closest <= 1 < levels.max():
            kept += f", or, of {int((levels > 1).sum()):,}, that ask exactly the same"
        yield (
            f"{_rows(len(levels))} as alike as if made from a template: too many for one side, so "
            f"{kept} stay together, and near duplicates of them may stand on both sides"
        )


def _of_dates(
    facts: Facts, kin: Kin, parts: NDArray[np.int64], wanted: Mapping[str, int], date: str
) -> Iterator[str]:
    import numpy as np

    dates = facts.date_column()
    latest = np.full(len(dates), NO_DATE, np.int64)
    np.maximum.at(latest, kin.roots, dates)
    of_family = latest[kin.roots]
    learned = dates[(parts == 0) & (dates != NO_DATE)]
    for code, part in enumerate(wanted, 1):
        start = int(of_family[parts == code].min())
        older = int(((parts == code) & (dates < start) & (dates != NO_DATE)).sum())
        yield f"{part} begins at {day(start)}" + (
            f"; {_rows(older)} from before came along with newer ones" if older else ""
        )
    if len(learned):
        yield f"train ends at {day(int(learned.max()))}"
    if facts.without_date:
        lines = ", ".join(f"{place.line}" for place in facts.undated)
        more = facts.without_date - len(facts.undated)
        yield (
            f"{_rows(facts.without_date)} without a date that can be read in `{excerpt(date)}` "
            f"(line {lines}{f' and {more:,} more' if more else ''}): in train, "
            "unless they belong to a row with a date"
        )
