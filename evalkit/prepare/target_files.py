# SPDX-License-Identifier: Apache-2.0
"""The files of one target: its rows in parts, mended for it, counted and looked at."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.core.finding import Severity
from evalkit.data.read import open_data
from evalkit.lint.catalogue import rules_for
from evalkit.lint.engine import check
from evalkit.lint.settings import Settings
from evalkit.prepare.cleaning import own_fixes, safe_fixes
from evalkit.prepare.names import quoted
from evalkit.prepare.target_rows import TargetRows
from evalkit.targets.card import ModelCard

if TYPE_CHECKING:
    from evalkit.estimation.project import Estimate

__all__ = ["PartFile", "TargetFiles", "following", "made_for"]

_TRAIN = "train"
_NOTABLE = 0.9  # of what was divided: a target that holds less of a part is told


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
        given: Its rows, all in one place, and what was lost on the way.
        files: By part, the one to learn from first; none where it holds no row.
        fewer: Part to how many rows of it the target holds and how many there are in all, where
            its layout cannot say a notable share of them.
        fixed: Name of a rule to what was mended for this target alone.
        errors: Name of a rule to what lint still says, most frequent first.
        warnings: Likewise.
        estimate: Of the training; None where no model of the target is known.
        model: That it is about.
    """

    given: TargetRows
    files: list[PartFile] = field(default_factory=list)
    fewer: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    fixed: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    estimate: Estimate | None = None
    model: ModelCard | None = None

    @property
    def name(self) -> str:
        """Of the target."""
        return self.given.target.name

    @property
    def ready(self) -> bool:
        """Whether the target takes the files as they are."""
        return any(file.rows for file in self.files) and not self.errors


def made_for(
    given: TargetRows,
    parts: Sequence[str],
    *,
    stem: str,
    model: ModelCard | None,
    today: date | None,
    skip: Sequence[str],
) -> TargetFiles:
    """Put each row to its part, then look at the files.

    Args:
        given: The rows in the target's layout.
        parts: Name of the part of each clean row; "" of those that no target holds.
        stem: What the files' names begin with.
        model: That is to be trained; None = the target's first.
        today: For rules that know dates.
        skip: Rules whose fixes are not wanted; "fixes" = none is.
    """
    target = given.target
    made = TargetFiles(given, model=model or next(iter(target.models.values()), None))
    held = Counter(compress(parts, given.holds))
    folder = given.place.parent
    places = {part: folder / f"{part}.jsonl" for part in sorted(held, key=_order)}
    with ExitStack() as stack:
        streams = {p: stack.enter_context(place.open("wb")) for p, place in places.items()}
        rows = stack.enter_context(given.place.open("rb"))
        for part, raw in zip(compress(parts, given.holds), rows, strict=True):
            streams[part].write(raw)
    made.files = [
        PartFile(part=part, place=place, name=f"{stem}.{target.name}.{part}.jsonl", rows=held[part])
        for part, place in places.items()
    ]
    every = Counter(part for part in parts if part)
    if any(held[part] < _NOTABLE * number for part, number in every.items()):
        made.fewer = {part: (held[part], every[part]) for part in sorted(every, key=_order)}
    if not made.files:
        return made
    if "fixes" not in skip and (given.converted or own_fixes(target)):  # all else was mended before
        made.fixed = _mend(made, skip)
    _look(made, today)
    _count(made)
    return made


def _order(part: str) -> int:
    return ("train", "valid", "test").index(part)


def _mend(made: TargetFiles, skip: Sequence[str]) -> Mapping[str, int]:
    settings = Settings(targets=(made.name,))
    ignored = tuple(rule.name for rule in rules_for(settings) if rule.name in skip)
    settings = replace(settings, ignore=ignored)
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
    settings = Settings(targets=(made.name,), today=today, keep=0)
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
    from evalkit.estimation.project import Job, estimate

    rows = open_data(train.place, format=made.given.layout.name, name=train.name)
    made.estimate = estimate(rows, Job(model=made.model, training=made.given.target.training))


def following(made: TargetFiles, paths: Mapping[str, str], name: str) -> Iterator[str]:
    """What to do with the files, as the target's card says; nothing but names is put into it.

    Args:
        made: The files.
        paths: Part to where it is.
        name: Of the set; only its ASCII letters, digits and underscores are taken.
    """
    slug = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-") or "data"
    card = made.model
    fits = card is not None and made.given.layout.method in card.methods
    values = {"{name}": slug, "{model}": quoted(card.name) if card and fits else "MODEL"}
    values["{validation}"] = f" --validation {quoted(paths['valid'])}" if "valid" in paths else ""
    for part, path in paths.items():
        values[f"{{{part}}}"] = quoted(path)
        values[f"{{{part}_json}}"] = json.dumps(path, ensure_ascii=False)
    lacking = [
        mark
        for part in (_TRAIN, "valid", "test")
        if part not in paths
        for mark in (f"{{{part}}}", f"{{{part}_json}}")
    ]
    for command in made.given.target.next:
        if command.layouts and made.given.layout.name not in command.layouts:
            continue
        if any(mark in command.text for mark in lacking):
            continue
        yield _filled(command.text, values)


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its marks replaced, in one pass: a path may look like a mark."""
    marks = re.compile("|".join(map(re.escape, values)))
    return marks.sub(lambda match: values[match.group()], text)
