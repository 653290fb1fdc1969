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
from pathlib import Path

from evalkit.core.errors import InputError, UsageError
from evalkit.core.finding import Safety
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.core.strings import Language
from evalkit.data.division import Division, SplitOptions, divide
from evalkit.data.formats._layout import Layout
from evalkit.data.read import DataSet, open_data
from evalkit.lint.catalogue import rules_for
from evalkit.lint.phrase import Phrase
from evalkit.lint.settings import Settings
from evalkit.prepare.cleaning import Clean, clean, fixing_settings
from evalkit.prepare.plan import Step, shown, step
from evalkit.prepare.staging import DUPLICATE, Aside, Staged, stage
from evalkit.prepare.target_files import TargetFiles, made_for
from evalkit.targets.card import ModelCard
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
        usable: Rows that every target is made from.
        aside: Rows that none gets.
        division: Who is where; None where nothing is held out.
        targets: What each gets.
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
    folder: Path = field(default_factory=Path)

    @property
    def changed(self) -> bool:
        """Whether the files say anything else than the input."""
        if any(one.kind in ("necessary", "optional") for one in self.steps):
            return True
        return any(
            made.converted or made.fixed or made.account.fields or made.aside.total
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
        aside = Aside(folder / "rejected.jsonl")
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
        division, note = _divided(data.path, kept, staged.layout, wanted)
        parts = ["train"] * len(kept.lines) if division is None else division.parts
        plan = SetPlan(
            data=data,
            layout=staged.layout,
            steps=tuple(_steps(data, staged, kept, aside, division, note)),
            read=staged.read,
            usable=len(kept.lines),
            aside=aside,
            division=division,
            folder=folder,
        )
        for target in targets:
            plan.targets.append(
                made_for(
                    target,
                    open_data(kept.place, format=staged.layout.name),
                    kept.lines,
                    parts,
                    source=staged.layout,
                    stem=wanted.stem,
                    keep=wanted.keep,
                    folder=folder,
                    model=wanted.model,
                    today=wanted.today,
                    fix="fixes" not in wanted.skip,
                )
            )
        yield plan


def _check_names(skip: Sequence[str]) -> None:
    rules = {rule.name for rule in rules_for(Settings()) if rule.fix is not None}
    known = [*SKIPPABLE, *sorted(rules)]
    if unknown := [name for name in skip if name not in known]:
        raise UsageError(
            f"nothing to skip is named `{excerpt(unknown[0])}`{suggestion(unknown[0], known)}",
            f"{', '.join(SKIPPABLE)}, or the name of a rule that mends something",
        )


def _nothing(path: str, read: int) -> InputError:
    if read:
        rows = f"none of the {read:,} rows of {path} can be used"
        return InputError(f"nothing to prepare: {rows}", f"see why: evalkit lint {path}")
    return InputError(f"nothing to prepare: {path} has no rows", "is it the right file?")


def _divided(
    path: str, kept: Clean, layout: Layout, wanted: Wanted
) -> tuple[Division | None, Phrase | None]:
    """Who is where, and why nothing is held out where something should be."""
    if wanted.split is None or "split" in wanted.skip:
        return None, None
    if len(kept.lines) < 2:
        return None, Phrase("one row: nothing is held out", "只有一行：不留出测试集")
    rows = open_data(kept.place, format=layout.name)
    return divide(rows, wanted.split, source=path), None


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
    for why, lines in staged.mended.items():
        mend = Phrase("read them as what they surely mean", "按其明确的含义读取")
        yield step("broken-rows", "necessary", why, mend, lines=lines)
    for why, lines in aside.lines.items():
        if why != DUPLICATE:
            mend = Phrase("set them aside", "移至 .rejected.jsonl")
            yield step("unusable-rows", "necessary", why, mend, lines=lines)
    for rule, number in kept.fixed.items():
        what = Phrase(f"the rule `{rule}` finds {number:,}", f"规则 `{rule}` 发现 {number:,} 处")
        mend = Phrase("mend them: the fix is safe", "修复：不改变含义")
        yield Step(name=rule, kind="optional", what=what, mend=mend)
    if again := aside.lines.get(DUPLICATE):
        mend = Phrase("drop them, keep the first", "去掉，保留第一行")
        yield step("duplicates", "optional", DUPLICATE, mend, lines=again)
    if note is not None:
        yield Step(name="split", kind="message", what=note)
    if division is not None:
        yield _split_step(division)


def _read_as(data: DataSet) -> str:
    kind = data.container.upper() + (f", {data.encoding}" if data.container != "xlsx" else "")
    sheet = f", sheet {shown(data.sheet)}" if data.sheet else ""
    mark = ", with a byte order mark" if data.bom else ""
    packed = f", {data.packing}" if data.packing else ""
    columns = ", ".join(f"{role} = {shown(name)}" for role, name in data.columns.items())
    return f"{kind}{sheet}{mark}{packed}" + (f"; {columns}" if columns else "")


def _split_step(division: Division) -> Step:
    counts = Counter(division.parts)
    order = ("train", "valid", "test")
    named = ", ".join(f"{part} {counts[part]:,}" for part in order if counts[part])
    labels = len({*division.labels} - {""})
    by = ("", "")
    if labels > 1:
        by = (f", each with its share of {labels:,} labels", f"，{labels:,} 个标签按比例分配")
    return Step(
        name="split",
        kind="optional",
        what=Phrase("a set that is trained on cannot be measured with", "训练过的数据不能用来评估"),
        mend=Phrase(
            f"hold rows out: {named}{by[0]}; what asks the same stays together",
            f"留出：{named}{by[1]}；问同一件事的行不会分开",
        ),
    )
