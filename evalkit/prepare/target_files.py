# SPDX-License-Identifier: Apache-2.0
"""The files of one target: clean rows in its layout, mended for it, counted and looked at."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from evalkit.core.example import Example
from evalkit.core.finding import Severity
from evalkit.data.convert import ALL, Account, Converted, convert_each, layout_for
from evalkit.data.formats._layout import Layout
from evalkit.data.loss import Loss
from evalkit.data.read import open_data
from evalkit.data.write import json_line
from evalkit.lint.catalogue import rules_for
from evalkit.lint.engine import check
from evalkit.lint.phrase import Phrase
from evalkit.lint.settings import Settings
from evalkit.prepare.cleaning import safe_fixes
from evalkit.prepare.names import quoted
from evalkit.prepare.staging import Aside
from evalkit.targets.card import ModelCard, Target

if TYPE_CHECKING:
    from evalkit.estimate.project import Estimate

__all__ = ["PartFile", "TargetFiles", "following", "made_for"]

_TRAIN = "train"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFile:
    """One file of a set.

    Attributes:
        part: "train", "valid" or "test".
        place: Where it lies for now.
        name: What it is to be called.
        rows: How many.
    """

    part: str
    place: Path
    name: str
    rows: int


@dataclass(slots=True)
class TargetFiles:
    """What a target gets.

    Attributes:
        target: Whose files they are.
        layout: Of their rows.
        converted: Whether the source has another layout.
        account: What was lost on the way.
        aside: Rows that cannot be said in that layout.
        files: By part, the one to learn from first.
        fixed: Name of a rule to what was mended for this target alone.
        errors: Name of a rule to what lint still says, most frequent first.
        warnings: Likewise.
        estimate: Of the training; None where no model of the target is known.
        model: That it is about.
    """

    target: Target
    layout: Layout
    converted: bool
    account: Account
    aside: Aside
    files: list[PartFile] = field(default_factory=list)
    fixed: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    estimate: Estimate | None = None
    model: ModelCard | None = None


def made_for(
    target: Target,
    rows: Iterable[Example],
    lines: Sequence[int],
    parts: Sequence[str],
    *,
    source: Layout,
    stem: str,
    keep: Sequence[str],
    folder: Path,
    model: ModelCard | None,
    today: date | None,
    fix: bool,
) -> TargetFiles:
    """Write the rows in the target's layout, each to its part, then look at the files.

    Args:
        target: Whose files they are.
        rows: Clean ones, in the source's layout.
        lines: The input's line of each.
        parts: Name of the part of each.
        source: The layout of the rows.
        stem: What the files' names begin with.
        keep: Fields beside the conversation that stay, or `ALL`.
        folder: For the files.
        model: That is to be trained; None = the target's first.
        today: For rules that know dates.
        fix: Whether lint may mend what is safe to mend.

    Raises:
        UsageError: The target reads no layout that can be written.
    """
    to = layout_for(target.name, source)
    here = folder / target.name
    here.mkdir()
    made = TargetFiles(
        target=target,
        layout=to,
        converted=to.name != source.name,
        account=Account(),
        aside=Aside(here / "rejected.jsonl"),
        model=model or next(iter(target.models.values()), None),
    )
    counts = Counter[str]()
    places = {part: here / f"{part}.jsonl" for part in sorted({*parts}, key=_order)}
    with ExitStack() as stack:
        streams = {p: stack.enter_context(place.open("wb")) for p, place in places.items()}
        for example, line, part in zip(rows, lines, parts, strict=True):
            counts[part] += _write(example, line, to, made, keep, streams[part])
    made.files = [
        PartFile(
            part=part,
            place=place,
            name=f"{stem}.{target.name}.{part}.jsonl",
            rows=counts[part],
        )
        for part, place in places.items()
    ]
    if fix and made.converted:  # in the source's layout all was mended before
        made.fixed = _mend(made)
    _look(made, today)
    _count(made)
    return made


def _order(part: str) -> int:
    return ("train", "valid", "test").index(part)


def _write(
    example: Example,
    line: int,
    to: Layout,
    made: TargetFiles,
    keep: Sequence[str],
    stream: BinaryIO,
) -> int:
    found = _row(example, to, keep)
    if found.row is None:
        made.aside.add(Phrase(found.reason, found.reason), line, example.value)
        return 0
    made.account.written += 1
    if found.losses:
        made.account.add(found.losses)
    same = found.row == example.value
    stream.write((example.raw if same else json_line(found.row)) + b"\n")
    return 1


def _row(example: Example, to: Layout, keep: Sequence[str]) -> Converted:
    """The row; what stands beside the conversation only where it is to be kept.

    A conversion leaves rows that are in the wanted layout alone; a target that knows nothing of a
    spreadsheet's other columns should not get them.
    """
    found = convert_each(example, to, keep=keep)
    own = example.format is not None and example.format.name == to.name
    if found.row is None or not own or to.beside == "top" or tuple(keep) == ALL:
        return found
    wanted = {name.casefold() for name in keep}
    row: dict[str, Any] = {}
    gone: list[Loss] = []
    for key, value in found.row.items():
        if key == "metadata" and isinstance(value, dict):
            kept = {k: v for k, v in value.items() if k.casefold() in wanted}
            gone += [Loss("fields", k) for k in value if k not in kept]
            if kept:
                row[key] = kept
        elif key in to.keys or key.casefold() in wanted:
            row[key] = value
        else:
            gone.append(Loss("fields", key))
    return Converted(row, "", (*found.losses, *gone)) if gone else found


def _mend(made: TargetFiles) -> Mapping[str, int]:
    settings = Settings(targets=(made.target.name,))
    fixed = Counter[str]()
    for index, file in enumerate(made.files):
        place = file.place.with_suffix(".mended.jsonl")
        fixed.update(safe_fixes(file.place, settings, place))
        if place.exists():
            made.files[index] = replace(file, place=place)
    return dict(fixed)


def _look(made: TargetFiles, today: date | None) -> None:
    """What lint still says: of the training file all, of the others what it says of rows."""
    train = [f"{file.place}" for file in made.files if file.part == _TRAIN]
    held = [f"{file.place}" for file in made.files if file.part != _TRAIN]
    settings = Settings(targets=(made.target.name,), today=today, keep=0)
    whole = tuple(r.name for r in rules_for(settings) if r.scope in ("file", "corpus"))
    found = [check(train, replace(settings, against=tuple(held)))] if train else []
    if held:
        found.append(check(held, replace(settings, ignore=whole)))
    errors, warnings = Counter[str](), Counter[str]()
    for result in found:
        said = [(finding.severity, finding.name, 1) for finding in result.findings]
        said += [(kind.severity, kind.name, number) for kind, number in result.omitted.items()]
        for severity, name, number in said:
            if severity is not Severity.INFO:
                (errors if severity is Severity.ERROR else warnings)[name] += number
    made.errors, made.warnings = dict(errors.most_common()), dict(warnings.most_common())


def _count(made: TargetFiles) -> None:
    train = next((file for file in made.files if file.part == _TRAIN), None)
    if made.model is None or train is None or not train.rows:
        return
    from evalkit.estimate.project import estimate

    rows = open_data(train.place, format=made.layout.name, name=train.name)
    made.estimate = estimate(rows, model=made.model)


def following(made: TargetFiles, paths: Mapping[str, str], name: str) -> Iterator[str]:
    """What to do with the files, as the target's card says; nothing but names is put into it.

    Args:
        made: The files.
        paths: Part to where it is.
        name: Of the set; only its ASCII letters, digits and underscores are taken.
    """
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-") or "data"
    values = {"{name}": slug}
    for part, path in paths.items():
        values[f"{{{part}}}"] = quoted(path)
        values[f"{{{part}_json}}"] = json.dumps(path, ensure_ascii=False)
    lacking = [
        mark
        for part in (_TRAIN, "valid", "test")
        if part not in paths
        for mark in (f"{{{part}}}", f"{{{part}_json}}")
    ]
    for command in made.target.next:
        if command.layouts and made.layout.name not in command.layouts:
            continue
        if any(mark in command.text for mark in lacking):
            continue
        yield _filled(command.text, values)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its marks replaced, in one pass: a path may look like a mark."""
    marks = re.compile("|".join(map(re.escape, values)))
    return marks.sub(lambda match: values[match.group()], text)
