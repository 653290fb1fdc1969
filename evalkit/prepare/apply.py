# SPDX-License-Identifier: Apache-2.0
"""Puts the files of a plan in their places: all of them, or none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from filecmp import cmp
from pathlib import Path
from typing import Any

from evalkit import __version__
from evalkit.core.atomic import atomic
from evalkit.core.errors import InputError
from evalkit.data.facts import question_key
from evalkit.data.manifest import Manifest, Part, digest_of, manifest_text
from evalkit.data.read import open_data
from evalkit.prepare.rehearsal import SetPlan
from evalkit.prepare.target_files import TargetFiles

__all__ = ["Output", "apply", "differing", "outputs_of"]


@dataclass(frozen=True, slots=True)
class Output:
    """One file to write.

    Attributes:
        place: Where.
        source: Where it lies for now.
        target: Whose it is.
        kind: "train", "valid", "test", "rejected" or "manifest".
        rows: How many; 0 of a manifest.
    """

    place: Path
    source: Path
    target: str
    kind: str
    rows: int


def outputs_of(plan: SetPlan, folder: Path, stem: str, options: Mapping[str, Any]) -> list[Output]:
    """Every file of the plan; manifests and rejected rows are made for it.

    Args:
        plan: Within its block: the files are in their temporary places.
        folder: Where they shall go.
        stem: What their names begin with.
        options: How the set was split, for the manifest.

    Raises:
        InputError: The source is gone.
    """
    return [one for made in plan.targets for one in _of_target(plan, made, folder, stem, options)]


def _of_target(
    plan: SetPlan, made: TargetFiles, folder: Path, stem: str, options: Mapping[str, Any]
) -> Iterator[Output]:
    name, files = made.name, made.files
    if not files:
        return
    set_aside = made.given.aside
    for file in files:
        yield Output(folder / file.name, file.place, name, file.part, file.rows)
    if rejected := plan.aside.total + set_aside.total:
        place = set_aside.place.with_name("all-rejected.jsonl")
        with place.open("wb") as target:
            for part in (plan.aside.place, set_aside.place):
                if part.exists():
                    with part.open("rb") as source:
                        shutil.copyfileobj(source, target, 1 << 20)
        yield Output(folder / f"{stem}.{name}.rejected.jsonl", place, name, "rejected", rejected)
    if plan.division is None or len(files) < 2:
        return  # nothing is held out: no leak to find later
    manifest = Manifest(
        evalkit=__version__,
        source=Path(plan.data.path).name,
        source_sha256=digest_of(plan.data.place),
        options=options,
        parts={
            file.part: Part(
                file=file.name,
                rows=file.rows,
                sha256=digest_of(file.place),
                questions=[
                    f"{question_key(example):016x}"
                    for example in open_data(file.place, format=made.given.layout.name)
                ],
            )
            for file in files
        },
    )
    place = set_aside.place.with_name("manifest.json")
    place.write_text(manifest_text(manifest), encoding="utf-8", newline="\n")
    yield Output(folder / f"{stem}.{name}.manifest.json", place, name, "manifest", 0)


def differing(outputs: Sequence[Output]) -> list[Output]:
    """Those that are not there yet, byte for byte."""
    return [
        one
        for one in outputs
        if not (one.place.exists() and cmp(one.place, one.source, shallow=False))
    ]


def apply(outputs: Sequence[Output], *, replace: bool = False) -> int:
    """Write them all; each is put in its place when all are complete.

    Args:
        outputs: From `outputs_of`.
        replace: Whether files that say something else may be replaced.

    Returns:
        How many were written; the others were there already, as they are to be.

    Raises:
        InputError: A place is taken, or cannot be written.
    """
    new = differing(outputs)
    taken = [one.place for one in new if one.place.exists()]
    if taken and not replace:
        raise InputError(
            f"{taken[0]} is already there and says something else",
            "--force replaces it; --out FOLDER writes elsewhere",
        )
    with ExitStack() as stack:
        for one in new:
            stream = stack.enter_context(atomic(one.place))
            with one.source.open("rb") as source:
                shutil.copyfileobj(source, stream, 1 << 20)
    return len(new)
