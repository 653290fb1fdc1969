# SPDX-License-Identifier: Apache-2.0
"""What a reader of a comparison must know of its rows, and why one cannot be made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.evaluation.comparing.alignment import Alignment, named
from evalkit.evaluation.comparing.answer_sets import AnswerSet
from evalkit.evaluation.comparing.expected_rows import Expected
from evalkit.evaluation.comparing.questions import Conflicts

__all__ = ["comparison_notes", "not_the_same", "nothing_expected"]

Note = tuple[str, str]


def comparison_notes(
    found: Alignment,
    sets: Sequence[AnswerSet],
    conflicts: Conflicts,
    without: Sequence[str],
    reference: Expected | None,
) -> list[Note]:
    """In English and Chinese: how rows were paired, and which could not be.

    Args:
        found: Which rows belong together.
        sets: The answers.
        conflicts: Expected answers that are not the same in all files.
        without: Questions of which nobody says what is expected.
        reference: Where expected answers come from, where not from the files.
    """
    notes = list(_way(found))
    for one in sets if found.by != "none" else ():
        notes += _of_set(found, one, with_reference=reference is not None)
    if again := found.duplicates.get(""):
        notes.append(
            (
                (
                    f"{_rows(again)} more than once among the expected answers: {named(again)}; "
                    "the first counts."
                ),
                f"期望答案中有 {len(again):,} 个编号重复：{named(again, 'zh')}；以第一条为准。",
            )
        )
    if conflicts.keys:
        ours, theirs = (excerpt(text, 30) for text in conflicts.first)
        which = "those given apart count" if reference is not None else "the first file's counts"
        zh = "以另给的期望答案为准" if reference is not None else "以第一个文件为准"
        count = len(conflicts.keys)
        notes.append(
            (
                (
                    f"The files expect different answers in {count:,} of {conflicts.of:,} rows: "
                    f"{named(conflicts.keys)} (`{ours}` and `{theirs}`); {which}."
                ),
                (
                    f"{conflicts.of:,} 行中有 {count:,} 行各文件的期望答案不同："
                    f"{named(conflicts.keys, 'zh')}（“{ours}”与“{theirs}”）；{zh}。"
                ),
            )
        )
    if without:
        notes.append(
            (
                (f"{_unexpected(len(without))} not scored: {named(without)}."),
                f"{len(without):,} 行没有期望答案，未计分：{named(without, 'zh')}。",
            )
        )
    return notes


def _unexpected(n: int) -> str:
    have, are = ("1 row has", "is") if n == 1 else (f"{n:,} rows have", "are")
    return f"{have} no expected answer and {are}"


def _way(found: Alignment) -> Iterator[Note]:
    if found.by == "order":
        yield (
            (
                "ROWS ARE PAIRED BY THEIR ORDER ALONE: nothing shows that they are the "
                "same questions."
            ),
            "各行仅按先后顺序配对：未核对它们是否为同样的问题。",
        )
    elif found.by == "none":
        yield (
            "Nothing is paired: each file is measured on rows of its own.",
            "未作配对：各文件只按自己的行计分。",
        )
    elif found.by == "line":
        yield (
            "Rows are paired by their line numbers: what was asked is not checked.",
            "各行按行号配对：未核对所提的问题。",
        )
    elif found.loose:
        yield (
            "Rows are paired by their messages without system messages, which differ.",
            "各行按消息配对，未计系统消息（各方的系统消息不同）。",
        )


def _of_set(found: Alignment, one: AnswerSet, *, with_reference: bool) -> Iterator[Note]:
    missing, foreign = found.missing[one.name], found.foreign[one.name]
    if missing:
        yield (
            (
                f"{one.name} has no answer to {len(missing):,} of {len(found.keys):,} rows: "
                f"{named(missing)}; they are not scored for it."
            ),
            (
                f"{one.name}：{len(found.keys):,} 行中有 {len(missing):,} 行没有回答："
                f"{named(missing, 'zh')}；这些行不为其计分。"
            ),
        )
    if with_reference and foreign:
        yield (
            (
                f"{one.name} answers {len(foreign):,} rows that are not among the expected ones: "
                f"{named(foreign)}; they are left out."
            ),
            f"{one.name}：有 {len(foreign):,} 行不在期望答案之列：{named(foreign, 'zh')}；未计入。",
        )
    if again := found.duplicates[one.name]:
        yield (
            f"{one.name}: {_rows(again)} more than once: {named(again)}; the first counts.",
            f"{one.name}：有 {len(again):,} 个编号重复：{named(again, 'zh')}；以第一条为准。",
        )


def _rows(keys: Sequence[str]) -> str:
    return f"{len(keys):,} id stands" if len(keys) == 1 else f"{len(keys):,} ids stand"


def nothing_expected(sets: Sequence[AnswerSet], *, given_apart: bool) -> UsageError:
    """Nobody says what should have been answered."""
    if given_apart:
        return UsageError(
            "none of the expected answers has a text", "is it the column that was meant?"
        )
    several = " and ".join(excerpt(one.source or one.name, 60) for one in sets[:2])
    return UsageError(
        f"nothing says what should have been answered: {several} hold no expected answers",
        "add a column `expected`, or give --data heldout.jsonl or --expected FILE; without any, "
        "`--primary length_chars` compares lengths, and a suite with `task: judged` asks a judge",
    )


def not_the_same(conflicts: Conflicts, by: str) -> UsageError:
    """Rows were paired, and the expected answers show that they are not the same questions."""
    one, other = (excerpt(text, 40) for text in conflicts.first)
    return UsageError(
        f"paired by {by}, {len(conflicts.keys):,} of {conflicts.of:,} rows expect different "
        f"answers ({conflicts.keys[0]}: `{one}` and `{other}`): these are not the same questions",
        f"if they are, say so: --by {by}; --by none measures each file for itself",
    )
