# SPDX-License-Identifier: Apache-2.0
"""The plan of `prepare --target`: everything is done in a temporary place, and only told.

What is applied afterwards is what was planned, byte for byte: the files are only moved.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import compress
from operator import or_
from pathlib import Path

from evalkit.core.errors import InputError, UsageError
from evalkit.core.finding import Safety
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.strings import Language
from evalkit.data.division import Division, SplitOptions, divide
from evalkit.data.formats._layout import Layout
from evalkit.data.read import DataSet, open_data
from evalkit.data.wanted_layout import has_answers
from evalkit.lint.catalogue import rules_for
from evalkit.lint.phrase import Phrase
from evalkit.lint.settings import Settings
from evalkit.prepare.cleaning import Clean, clean, fixing_settings
from evalkit.prepare.names import called, quoted
from evalkit.prepare.plan import Step, grouped, shown, step
from evalkit.prepare.staging import DUPLICATE, Aside, Staged, setting_aside, stage
from evalkit.prepare.target_files import TargetFiles, made_for
from evalkit.prepare.target_rows import Blocked, TargetRows, rows_for
from evalkit.targets.card import ModelCard, Target
from evalkit.targets.load import target_named

__all__ = ["SKIPPABLE", "SetPlan", "Wanted", "rehearsed"]

SKIPPABLE = ("fixes", "duplicates", "split")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the set is for.

    Attributes:
        targets: Names; at least one.
        split: How to hold out rows; None = not at all.
        keep: Fields beside the conversation that stay.
        skip: Of `SKIPPABLE`, or rules whose fixes are not wanted.
        model: To estimate for; None = the first of each target.
        stem: What the files' names begin with.
        language: Of the reasons for which rows are set aside.
        today: For rules that know dates.
    """

    targets: tuple[str, ...]
    split: SplitOptions | None = field(default_factory=SplitOptions)
    keep: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    model: ModelCard | None = None
    stem: str = "data"
    language: Language = "en"
    today: date | None = None


@dataclass(slots=True)
class SetPlan:
    """What would be written, and how it comes about.

    Attributes:
        data: As it was read.
        layout: Of the rows.
        steps: What concerns every target.
        read: Records of the input.
        usable: Rows that every target is made from, as far as its layout can say them.
        aside: Rows that none gets.
        division: Who is where; None where nothing is held out.
        targets: What each gets.
        blocked: Targets that cannot be given such rows at all.
        folder: Where it all lies for now.
    """

    data: DataSet
    layout: Layout
    steps: tuple[Step, ...]
    read: int
    usable: int
    aside: Aside
    division: Division | None
    targets: list[TargetFiles] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    folder: Path = field(default_factory=Path)

    @property
    def possible(self) -> bool:
        """Whether any target gets a row."""
        return any(made.files for made in self.targets)

    @property
    def changed(self) -> bool:
        """Whether the files say anything else than the input."""
        if not self.possible:
            return False
        if any(one.kind in ("necessary", "optional") for one in self.steps):
            return True
        return any(
            made.given.converted
            or made.fixed
            or made.given.account.fields
            or made.given.aside.total
            for made in self.targets
        )


@contextmanager
def rehearsed(data: DataSet, wanted: Wanted) -> Iterator[SetPlan]:
    """The plan; its files are there as long as the block runs.

    Memory holds some bytes a row (lines and digests), never the rows.

    Raises:
        InputError: The source is gone, or no row of it can be used.
        UsageError: No such target, nothing of a name to skip, or a split that cannot be.
    """
    targets = [target_named(name) for name in dict.fromkeys(wanted.targets)]
    _check_names(wanted.skip)
    settings = fixing_settings(targets, wanted.skip, wanted.language)
    with tempfile.TemporaryDirectory(prefix="evalkit-prepare-") as name:
        folder = Path(name)
        with setting_aside(folder / "rejected.jsonl") as aside:
            staged = stage(data, folder / "staged.jsonl", aside)
            levels: set[Safety] = {"drop"} if "fixes" in wanted.skip else {"safe", "drop"}
            kept = clean(
                staged,
                settings,
                aside,
                folder / "clean.jsonl",
                levels=levels,
                repeated="duplicates" in wanted.skip,
            )
        if not kept.lines:
            raise _nothing(data.path, staged.read)
        given = list(_given(targets, kept, staged.layout, wanted, folder))
        able = [one for one in given if isinstance(one, TargetRows)]
        holds = _held(able, len(kept.lines))
        division, note = _divided(data.path, kept, holds, staged.layout, wanted)
        plan = SetPlan(
            data=data,
            layout=staged.layout,
            steps=tuple(_steps(data, staged, kept, aside, division, note)),
            read=staged.read,
            usable=len(kept.lines),
            aside=aside,
            division=division,
            blocked=[one for one in given if isinstance(one, Blocked)],
            folder=folder,
        )
        parts = _parts(holds, division)
        for one in able:
            made = made_for(
                one,
                parts,
                stem=wanted.stem,
                model=wanted.model,
                today=wanted.today,
                skip=wanted.skip,
            )
            plan.targets.append(made)
        yield plan


def _given(
    targets: Sequence[Target], kept: Clean, source: Layout, wanted: Wanted, folder: Path
) -> Iterator[TargetRows | Blocked]:
    """The rows in each target's layout, as far as it can say them."""
    answered = source.method == "rft" and has_answers(open_data(kept.place, format=source.name))
    for target in targets:
        yield rows_for(
            target,
            open_data(kept.place, format=source.name),
            kept.lines,
            source=source,
            answered=answered,
            keep=wanted.keep,
            folder=folder,
        )


def _held(given: Sequence[TargetRows], rows: int) -> bytearray:
    """1 for each row that at least one target can hold: a row of none is in no part."""
    held = bytearray(rows)
    for one in given:
        held = bytearray(map(or_, held, one.holds))
    return held


def _parts(holds: bytearray, division: Division | None) -> list[str]:
    """The part of each clean row, one for all targets; "" where no target holds it."""
    if division is None:
        return ["train" if held else "" for held in holds]
    divided = iter(division.parts)
    return [next(divided) if held else "" for held in holds]


def _check_names(skip: Sequence[str]) -> None:
    rules = {rule.name for rule in rules_for(Settings()) if rule.fix is not None}
    known = [*SKIPPABLE, *sorted(rules)]
    if unknown := [name for name in skip if name not in known]:
        raise UsageError(
            f"nothing to skip is named `{excerpt(unknown[0])}`{suggestion(unknown[0], known)}",
            f"{', '.join(SKIPPABLE)}, or the name of a rule that mends something",
        )


def _nothing(path: str, read: int) -> InputError:
    if not read:
        return InputError(
            f"nothing to prepare: {called(path)} has no rows", "is it the right file?"
        )
    rows = "the only row" if read == 1 else f"none of the {read:,} rows"
    can = "cannot" if read == 1 else "can"
    return InputError(
        f"nothing to prepare: {rows} of {called(path)} {can} be used",
        f"see why: evalkit lint {quoted(path)}",
    )


def _divided(
    path: str, kept: Clean, holds: bytearray, layout: Layout, wanted: Wanted
) -> tuple[Division | None, Phrase | None]:
    """Who is where, and why nothing is held out where something should be.

    Only rows that a target can hold are divided: a part has the share that was asked for of what
    is written, not of what was read.
    """
    number = sum(holds)
    if wanted.split is None or "split" in wanted.skip or not number:
        return None, None
    if number == 1:
        return None, Phrase("one row: nothing is held out", "只有一行：不留出测试集")
    rows = compress(open_data(kept.place, format=layout.name), holds)
    return divide(rows, wanted.split, source=called(path)), None


def _steps(
    data: DataSet,
    staged: Staged,
    kept: Clean,
    aside: Aside,
    division: Division | None,
    note: Phrase | None,
) -> Iterator[Step]:
    if data.container != "jsonl" or data.encoding != "utf-8" or data.bom or data.packing:
        yield Step(
            name="jsonl",
            kind="necessary",
            what=Phrase(*[_read_as(data)] * 2),
            mend=Phrase("write it as JSONL in UTF-8", "写成 UTF-8 的 JSONL"),
        )
    if staged.mended:
        yield grouped(
            "broken-rows",
            "necessary",
            Phrase("no JSON as it stands", "不是有效的 JSON"),
            Phrase("read them as what they surely mean", "按其明确的含义读取"),
            staged.mended,
        )
    if unusable := {why: lines for why, lines in aside.lines.items() if why != DUPLICATE}:
        yield grouped(
            "unusable-rows",
            "necessary",
            Phrase("cannot be used", "无法使用"),
            Phrase("set them aside", "移至 .rejected.jsonl"),
            unusable,
        )
    for rule, number in kept.fixed.items():
        places = "1 finding" if number == 1 else f"{number:,} findings"  # a row may have several
        what = Phrase(f"the rule `{rule}`: {places}", f"规则 `{rule}`：{number:,} 处")
        mend = Phrase("mend them: the fix is safe", "修复：不改变含义")
        yield Step(name=rule, kind="optional", what=what, mend=mend)
    if again := aside.lines.get(DUPLICATE):
        mend = Phrase("drop them, keep the first", "去掉，保留第一行")
        yield step("duplicates", "optional", DUPLICATE, mend, lines=again)
    if note is not None:
        yield Step(name="split", kind="message", what=note)
    if division is not None:
        yield _split_step(division, len(kept.lines))


def _read_as(data: DataSet) -> str:
    kind = data.container.upper() + (f", {data.encoding}" if data.container != "xlsx" else "")
    sheet = f", sheet {shown(data.sheet)}" if data.sheet else ""
    mark = ", with a byte order mark" if data.bom else ""
    packed = f", {data.packing}" if data.packing else ""
    columns = ", ".join(f"{role} = {shown(name)}" for role, name in data.columns.items())
    return f"{kind}{sheet}{mark}{packed}" + (f"; {columns}" if columns else "")


def _split_step(division: Division, usable: int) -> Step:
    counts = Counter(division.parts)
    order = ("train", "valid", "test")
    named = ", ".join(f"{part} {counts[part]:,}" for part in order if counts[part])
    rows = len(division.parts)
    of = (
        ("", "")
        if rows == usable
        else (f" of the {rows:,} that can be written", f"（可写入 {rows:,} 行）")
    )
    labels = len({*division.labels} - {""})
    by = ("", "")
    if labels > 1:
        by = (f", each with its share of {labels:,} labels", f"，{labels:,} 个标签按比例分配")
    return Step(
        name="split",
        kind="optional",
        what=Phrase("a set that is trained on cannot be measured with", "训练过的数据不能用来评估"),
        mend=Phrase(
            f"hold rows out{of[0]}: {named}{by[0]}; what asks the same stays together",
            f"留出{of[1]}：{named}{by[1]}；问同一件事的行不会分开",
        ),
    )
