# SPDX-License-Identifier: Apache-2.0
"""Honest parts of a data set: what asks the same, or nearly, never stands on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.data.facts import CONVERSATION, NAMED, NO_DATE, Facts, answer_of, asks
from evalkit.data.kin import Kin
from evalkit.data.remarks import remarks
from evalkit.data.split import allot, drawn, legacy, newest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Division", "SplitOptions", "divide", "divide_as_before"]

_ROUNDS = 12  # of bringing together what a comparison of the parts finds
_ROWS = 9_000_000  # that are compared in all rounds; two rounds there are at least
_TOLERATED = 0.1  # of the number wanted; beyond it large families are let go


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOptions:
    """How to hold out rows.

    Attributes:
        test: Share in (0, 1), or number of rows.
        valid: The same for a second held-out part; 0 = none.
        by: What each part shall have its share of: "label" (the answers, where they are labels),
            the name of a field, or "none".
        group: Name of a field, a column or a dotted key: rows of one value stay together.
            "conversation", where no row has such a field: rows that begin with the same question.
        date: Name of a field: the newest rows are `test`, those before them `valid`.
        near: Whether near duplicates stay together.
        seed: The same seed, rows and options give the same parts.

    Raises:
        UsageError: A share or a number that is none.
    """

    test: float | int = 0.2
    valid: float | int = 0
    by: str = "label"
    group: str | None = None
    date: str | None = None
    near: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("test", self.test), ("valid", self.valid)):
            nothing = value == 0 and name == "valid"
            if not (nothing or (0 < value < 1) or (value >= 1 and value == int(value))):
                raise UsageError(
                    f"the {name} part cannot be {value:g} of the rows",
                    "give a share between 0 and 1, or a number of rows",
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Division:
    """Who is where.

    Attributes:
        parts: "train", "valid" or "test" for each usable example, in order.
        labels: What each is sorted by, "" where there is nothing.
        notes: What a person should know, a sentence each.
        keys: What each asks, 8 bytes: `facts.question_key`.
    """

    parts: Sequence[str]
    labels: Sequence[str]
    notes: tuple[str, ...]
    keys: Sequence[int] = ()


def divide(examples: Iterable[Example], options: SplitOptions, *, source: str) -> Division:
    """The part of each row.

    The order of the rows does not count, but for near duplicates where many rows are alike.

    Args:
        examples: Of one file; broken ones are skipped. They are read once.
        options: How to split.
        source: What to call the file.

    Raises:
        InputError: Fewer than two rows that can be told apart; no date that can be read.
        UsageError: Nothing is left to learn; no row has a field that the options name.
    """
    facts = Facts(by=options.by, group=options.group, date=options.date, near=options.near)
    for example in examples:
        if example.broken is None:
            facts.add(example)
    _check_fields(facts, options, source)
    wanted = _wanted(len(facts), options, source)
    codes, names = facts.label_codes()
    kin = Kin(facts, group=options.group is not None, near=options.near)
    parts, settled = _settled(kin, facts, codes, list(wanted.values()), options)
    missing = next((p for code, p in enumerate(wanted, 1) if not (parts == code).any()), None)
    if missing or not (parts == 0).any():
        raise InputError(
            f"no row of {source} can go to the {missing or 'train'} set",
            "too few rows are different: all of one question, group or date stay together",
        )
    held = ("train", *wanted)
    notes = [*remarks(facts, kin, parts, wanted, group=options.group, date=options.date)]
    if not settled:
        notes.append(
            "the parts were compared until it took too long: a few rows that are nearly the same "
            "may stand on both sides (what asks exactly the same does not)"
        )
    return Division(
        parts=[held[code] for code in parts.tolist()],
        labels=[names[code] for code in codes.tolist()],
        notes=tuple(notes),
        keys=facts.keys,
    )


def divide_as_before(
    examples: Iterable[Example], *, source: str
) -> tuple[Division, tuple[int, ...]]:
    """The parts that `openai tools fine_tunes.prepare_data` made: "train" and "valid".

    They were drawn row by row: what asks the same may stand on both sides.

    Args:
        examples: Of one file; broken ones are skipped. They are read once.
        source: What to call the file.

    Returns:
        The parts, and the indices of the rows of "train" in the order in which they were written.

    Raises:
        InputError: prepare_data did not split such a set.
    """
    facts = Facts(by="label", group=None, date=None, near=False)
    answers, asked = set[str](), False
    for example in examples:
        if example.broken is None:
            facts.add(example)
            answers.add(answer_of(example))
            asked = asked or asks(example.messages)
    rows = len(facts)
    if not asked or len(answers) * 3 >= rows:
        raise InputError(
            f"prepare_data did not split sets like {source}: {len(answers):,} different answers "
            f"in {rows:,} rows are no labels",
            "split it without --legacy",
        )
    train, valid = legacy(rows)
    parts = ["train"] * rows
    for row in valid:
        parts[row] = "valid"
    codes, names = facts.label_codes()
    learned = {facts.keys[row] for row in train}
    leaked = sum(facts.keys[row] in learned for row in valid)
    division = Division(
        parts=parts,
        labels=[names[code] for code in codes.tolist()],
        notes=(f"{leaked:,} of {len(valid):,} rows of valid ask what a row of train asks",)
        if leaked
        else (),
        keys=facts.keys,
    )
    return division, tuple(train)


def _check_fields(facts: Facts, options: SplitOptions, source: str) -> None:
    """Every field that is named must be there; dates must be readable.

    Raises:
        UsageError: No row has it.
        InputError: Not one date can be read.
    """
    named = {"by": options.by, "group": options.group, "date": options.date}
    for option, name in named.items():
        special = option == "by" and name in {"label", "none"}
        if name is None or special or name in facts.found or not len(facts):
            continue
        if option == "group" and name == CONVERSATION and facts.group_column().any():
            continue
        known = sorted(facts.fields)
        shown = ", ".join(f"`{excerpt(field, 30)}`" for field in known[:NAMED]) or "none"
        more = f" and {len(known) - NAMED} more" if len(known) > NAMED else ""
        also = {"by": "; or label, none", "group": "; or conversation"}.get(option, "")
        raise UsageError(
            f"--{option}: no row of {source} has the field `{excerpt(name)}`"
            f"{suggestion(name.lower(), known)}",
            f"fields: {shown}{more}{also}; a key within another is written meta.id",
        )
    if options.date is not None and len(facts) and facts.without_date == len(facts):
        # A text that no date could be is not repeated: it may be anything.
        told = any(map(str.isdigit, facts.unreadable)) and len(facts.unreadable) <= 30
        seen = f"`{excerpt(facts.unreadable)}` is none; " if told else ""
        raise InputError(
            f"--date: no row of {source} has a date that can be read in `{excerpt(options.date)}`",
            f"{seen}such as 2024-05-01, 2024-05-01T08:30:00Z, "
            "2024/5/1, 2024年5月1日, or seconds since 1970",
        )


def _wanted(rows: int, options: SplitOptions, source: str) -> dict[str, int]:
    """Number of rows in each held-out part.

    Raises:
        InputError: There are fewer than two rows.
        UsageError: None would be left to learn.
    """
    if rows < 2:
        has = f"{rows} usable row{'s' * (rows != 1)}"
        raise InputError(f"nothing to split: {source} has {has}", "give two or more")
    wanted = {
        part: max(1, round(value * rows)) if value < 1 else int(value)
        for part, value in (("test", options.test), ("valid", options.valid))
        if value
    }
    if sum(wanted.values()) >= rows:
        raise UsageError(
            f"{source} has {rows:,} rows: {sum(wanted.values()):,} held out leave none to learn",
            "hold out fewer",
        )
    return wanted


def _settled(
    kin: Kin,
    facts: Facts,
    codes: NDArray[np.int64],
    wanted: Sequence[int],
    options: SplitOptions,
) -> tuple[NDArray[np.int64], bool]:
    """The part of each row, 0 for train, once no row is nearly the same as one elsewhere.

    Families beyond half of the rows cannot be on one side; where the numbers are not met, families
    larger than the smallest part are let go as well, if that helps.

    Returns:
        Shape (n,), and whether the last comparison of the parts found nothing.
    """
    parts = _allotted(kin, facts, codes, wanted, options)
    for _ in range(max(2, min(_ROUNDS, _ROWS // len(facts)))):
        if kin.loosen(len(facts) // 2):
            parts = _allotted(kin, facts, codes, wanted, options)
        if (off := _off(parts, wanted)) > _TOLERATED:
            before = kin.state()
            if kin.loosen(min(wanted)):
                other = _allotted(kin, facts, codes, wanted, options)
                if _off(other, wanted) < off:
                    parts = other
                else:
                    kin.restore(before)
        if not kin.bring_together(parts):
            return parts, True
        parts = _allotted(kin, facts, codes, wanted, options)
    return parts, False


def _off(parts: NDArray[np.int64], wanted: Sequence[int]) -> float:
    """How far the worst part is from what was wanted, as a share of that; one row is nothing."""
    got = [int((parts == code).sum()) for code in range(1, len(wanted) + 1)]
    return max(
        max(0, abs(has - number) - 1) / number for has, number in zip(got, wanted, strict=True)
    )


def _allotted(
    kin: Kin,
    facts: Facts,
    codes: NDArray[np.int64],
    wanted: Sequence[int],
    options: SplitOptions,
) -> NDArray[np.int64]:
    """The part of each row, shape (n,), each family whole."""
    import numpy as np

    # A root is the least row of its family, so counting roots numbers them without a sort.
    number = np.cumsum(kin.roots == np.arange(len(kin.roots))) - 1
    unit: NDArray[np.int64] = number[kin.roots]
    sizes = np.bincount(unit).astype(np.int64)
    if options.date is not None:
        dates = np.full(len(sizes), NO_DATE, np.int64)
        np.maximum.at(dates, unit, facts.date_column())
        return newest(sizes, dates, wanted)[unit]
    keys = np.full(len(sizes), np.iinfo(np.uint64).max, np.uint64)
    np.minimum.at(keys, unit, facts.key_column())
    return allot(sizes, _most_frequent(unit, codes), drawn(keys, options.seed), wanted)[unit]


def _most_frequent(unit: NDArray[np.int64], codes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The label that most rows of a family have, the least of equals; shape (u,)."""
    import numpy as np

    width = int(codes.max()) + 1
    if width == 1:
        return np.zeros(int(unit.max()) + 1, np.int64)
    pairs, counts = np.unique(unit * width + codes, return_counts=True)
    order = np.lexsort((pairs, -counts, pairs // width))
    first = np.unique((pairs // width)[order], return_index=True)[1]
    labels: NDArray[np.int64] = (pairs % width)[order][first]
    return labels
