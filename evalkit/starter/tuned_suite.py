# SPDX-License-Identifier: Apache-2.0
"""The suite of a job that succeeded: its base and its tuned model on the held-out rows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan
from pathlib import Path, PurePath
from typing import Any

from evalkit.core.errors import InputError
from evalkit.core.printable import printable
from evalkit.starter.first_suite import FirstSuite, first_suite
from evalkit.starter.found import DataFile, Group
from evalkit.starter.suite_text import points
from evalkit.starter.writing import comment, scalar, toml_text

__all__ = ["TunedSuite", "suite_of", "suite_text_of"]

_MOST_LABELS = 60
_WIDEST = 0.3  # a difference above it is none to be promised

Model = str | Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedSuite:
    """All that the suite of a job says.

    Attributes:
        job: Its id, for the first line.
        target: Whose it is.
        place: Of the suite.
        first: What the held-out rows are: task, labels, slices, and what they can prove.
        data: The held-out file.
        train: What was learned from; None = it is not at hand.
        base: A name, or a mapping with `use`.
        tuned: Likewise.
        old: A recording that the tuned model is held against: FILE or FILE#MODEL.
        margin: In points, by which it may be worse than that.
    """

    job: str
    target: str
    place: Path
    first: FirstSuite
    data: Path
    train: Path | None
    base: Model
    tuned: Model
    old: str | None = None
    margin: float = 2.0


def suite_of(
    *,
    job: str,
    target: str,
    place: Path,
    data: Path,
    train: Path | None,
    base: Model,
    tuned: Model,
    old: str | None = None,
    margin: float = 2.0,
) -> TunedSuite:
    """Look at the held-out rows and work out the rest.

    Args:
        job: As of a `TunedSuite`, and so are the others.
        target: Likewise.
        place: Likewise.
        data: Likewise.
        train: Likewise.
        base: Likewise.
        tuned: Likewise.
        old: Likewise.
        margin: Likewise.

    Raises:
        InputError: The rows have no answers to compare with.
        EvalkitError: The file cannot be read; the message says where.
    """
    name = place.name.partition(".eval.")[0]
    held_out = _file(data, "test")
    learned = None if train is None else _file(train, "train")
    first = first_suite(Path(), Group(name=name, held_out=held_out, train=learned))
    names = {"base": "", "tuned": ""}
    first = replace(first, models=names, candidate="tuned", base="base", train=train)
    return TunedSuite(
        job=job, target=target, place=place, first=first, data=data, train=train, base=base,
        tuned=tuned, old=old, margin=margin,
    )  # fmt: skip


def suite_text_of(one: TunedSuite) -> str:
    """The YAML; every text of data or server in it is a quoted scalar or one comment."""
    return "\n".join(_lines(one)) + "\n"


def _file(path: Path, role: Any) -> DataFile:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(
            f"cannot read {printable(str(path))}: {error.strerror}", "is the path right?"
        ) from error
    return DataFile(path=path, role=role, stem="", layout="", table=False, size=size)


def _lines(one: TunedSuite) -> Iterator[str]:
    first = one.first
    task = first.task
    what = f"{len(task.labels)} labels" if task.kind == "classification" else "free text"
    yield f"# Written by `evalkit job suite` for {comment(one.job)} ({comment(one.target)}); change"
    yield "# what you like, it is yours. What a run asks, costs and proves: evalkit run --dry-run"
    yield f"data: {_beside(one.place, one.data)} # {first.rows:,} rows, {what}"
    if one.train is not None:
        yield f"train: {_beside(one.place, one.train)} # what it learned from: for the leak check"
    else:
        yield "# train: train.jsonl # its training file is not at hand: name it for the leak check"
    yield f"task: {task.kind}"
    if task.labels and len(task.labels) <= _MOST_LABELS:
        yield from _listed("labels", task.labels)
    if first.slices:
        yield f"slices: [{', '.join(map(scalar, first.slices))}]"
    yield f"primary: {scalar(task.primary)}"
    yield "models:"
    yield f"  base: {_model(one.base)}"
    yield f"  tuned: {_model(one.tuned)}"
    if one.old is not None:
        file, mark, name = one.old.partition("#")
        recording = f"replay:{_relative(one.place, Path(file))}{mark}{name}"
        yield f"  old: {scalar(recording)} # recorded; it is not called"
        yield "compare: [tuned vs old, tuned vs base] # the first gives the verdict"
    yield "gates:"
    yield from _gates(one)


def _gates(one: TunedSuite) -> Iterator[str]:
    first, proof = one.first, one.first.proof
    rows = f"{first.rows:,} rows"
    if one.old is not None:
        if not isnan(proof.margin):
            yield f"  # {rows} prove a margin of about {points(proof.margin)} between equals"
        else:
            yield f"  # {rows} are too few to prove any useful margin: evalkit rows-needed"
        yield f"  - tuned not worse than old by {one.margin:g} points"
    if not isnan(proof.shows) and proof.shows <= _WIDEST:
        yield f"  # {rows} show a difference of about {points(proof.shows)}"
        yield "  - tuned better than base"
    else:
        yield f"  # {rows} are too few to show which is better: evalkit rows-needed"
        yield "  # - tuned better than base"
    yield "  - tuned errors <= 0%"
    if one.old is None and not isnan(proof.margin):
        yield f"  # - tuned not worse than base by {points(proof.margin)}"
    yield f"  # - tuned {first.task.primary} >= 90%"


def _model(model: Model) -> str:
    if isinstance(model, str):
        return scalar(model)
    return f"{{{', '.join(f'{key}: {_flow(value)}' for key, value in model.items())}}}"


def _flow(text: str) -> str:
    """A scalar inside of braces: a colon or a comma in it is no mark of YAML's."""
    return scalar(text) if ":" not in text and "," not in text else toml_text(text)


def _listed(key: str, values: Sequence[str]) -> Iterator[str]:
    flow = f"{key}: [{', '.join(map(scalar, values))}]"
    if len(flow) <= 100:
        yield flow
        return
    yield f"{key}:"
    for value in values:
        yield f"  - {scalar(value)}"


def _beside(place: Path, path: Path) -> str:
    return scalar(_relative(place, path))


def _relative(place: Path, path: Path) -> str:
    """The path as seen from the suite's folder."""
    try:
        return PurePath(os.path.relpath(path, place.parent)).as_posix()
    except ValueError:  # another drive
        return path.resolve().as_posix()
