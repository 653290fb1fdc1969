# SPDX-License-Identifier: Apache-2.0
"""All files of a first set-up, worked out; nothing is written here."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, InputError
from evalkit.core.printable import excerpt, printable
from evalkit.data.discover import EXCLUDE, Patterns, discover
from evalkit.evaluation.suite import SUFFIXES
from evalkit.starter.entries import (
    config_file,
    github_file,
    gitlab_file,
    pre_commit_file,
    services,
)
from evalkit.starter.first_suite import FirstSuite, first_suite
from evalkit.starter.found import Group, Seen, groups_of, look
from evalkit.starter.suite_text import about, suite_path, suite_text
from evalkit.starter.writing import NewFile

__all__ = ["Start", "known_suites", "shared_files", "start"]

_MOST_SUITES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a set-up writes and says.

    Attributes:
        files: In the order in which they are told.
        suites: That are there afterwards, as seen from the folder.
        first: Of these, the one to run first; None = none.
        notes: Pairs of English and Chinese sentences.
        parted: A file that stands for both test and training set, which is to be parted first.
        dry: Whether the first run asks hosted models: then what it costs comes first.
    """

    files: Sequence[NewFile]
    suites: Sequence[Path]
    first: Path | None
    notes: Sequence[tuple[str, str]] = ()
    parted: Path | None = None
    dry: bool = False


def start(folder: Path) -> Start:
    """Look at a folder and work out configuration, suites and entries for CI.

    Data that a suite of the folder names already gets no further one.

    Raises:
        InputError: There is no data that models can be asked, and no suite either.
    """
    known = known_suites(folder)
    seen = look(folder)
    notes = list(seen.notes)
    names = {path.name.partition(".eval.")[0] for path in known}
    groups = list(groups_of(seen, names))
    named = {place for places in known.values() for place in places}
    fresh = [one for one in groups if not _is_named(folder, one, named)]
    firsts = list(_firsts(folder, fresh, notes))
    if not firsts and not known:
        raise _nothing(folder, seen, notes)
    suites = [
        NewFile(path=suite_path(one.group.name), text=suite_text(one), about=about(one))
        for one in firsts
    ]
    paths = sorted({*known, *(one.path for one in suites)})
    tables = [one.path for one in seen.files if one.table or one.path.suffix == ".json"]
    alone = next((one.group.held_out.path for one in firsts if one.group.train is None), None)
    return Start(
        files=(*shared_files(folder, paths, tables)[:1], *suites,
               *shared_files(folder, paths, tables)[1:]),
        suites=paths,
        first=suites[0].path if suites else paths[0],
        notes=notes,
        parted=alone if len(seen.files) == 1 else None,
    )  # fmt: skip


def shared_files(
    folder: Path, suites: Sequence[Path], tables: Sequence[Path] = ()
) -> list[NewFile]:
    """The configuration, then the entries for pre-commit and CI.

    Files of evalkit's own that are there already are kept whatever they hold; of a project that
    has its settings in pyproject.toml no second configuration is made.
    """
    found = []
    if not _configured_elsewhere(folder):
        found.append(config_file(tables))
    found.append(pre_commit_file())
    for name in services(folder):
        if name == "github":
            found.append(github_file(suites))
        else:
            place = folder / ".gitlab-ci.yml"
            own = gitlab_file(suites, beside=False)
            beside = os.path.lexists(place) and not _holds(place, b"evalkit")
            found.append(gitlab_file(suites, beside=True) if beside else own)
    return found


def _configured_elsewhere(folder: Path) -> bool:
    return _holds(folder / "pyproject.toml", b"[tool.evalkit")


def _holds(path: Path, text: bytes) -> bool:
    try:
        return text in path.read_bytes()
    except OSError:
        return False


def _firsts(
    folder: Path, groups: Sequence[Group], notes: list[tuple[str, str]]
) -> Iterator[FirstSuite]:
    for group in groups[:_MOST_SUITES]:
        try:
            yield first_suite(folder, group)
        except EvalkitError as error:
            shown = printable(str(group.held_out.path))
            why = error.message.removeprefix(f"{folder / group.held_out.path}: ")
            notes.append((f"no suite of {shown}: {why}", f"没有为 {shown} 写评测：{why}"))
    for group in groups[_MOST_SUITES:]:
        shown = printable(str(group.held_out.path))
        notes.append((f"no suite of {shown}: {_MOST_SUITES} are a start",
                      f"没有为 {shown} 写评测：先写 {_MOST_SUITES} 个"))  # fmt: skip


def known_suites(folder: Path) -> dict[Path, set[Path]]:
    """Suites of the folder to the data that they name; those that cannot be read name none."""
    patterns = Patterns(
        include=tuple(f"*{suffix}" for suffix in SUFFIXES), exclude=EXCLUDE, folder=folder
    )
    found = {}
    for one in discover([str(folder)], patterns).files:
        path = Path(one.path)
        document = _document(path)
        named = {document.get(key) for key in ("data", "train", "validation")}
        found[Path(os.path.relpath(path, folder))] = {
            (path.parent / name).resolve() for name in named if isinstance(name, str) and name
        }
    return found


def _document(path: Path) -> Mapping[str, Any]:
    from evalkit.evaluation.suite import load_suite

    try:
        suite = load_suite(path)
    except EvalkitError:
        return {}
    return {"data": suite.data, "train": suite.train, "validation": suite.validation}


def _is_named(folder: Path, group: Group, named: set[Path]) -> bool:
    return (folder / group.held_out.path).resolve() in named


def _nothing(folder: Path, seen: Seen, notes: Sequence[tuple[str, str]]) -> InputError:
    shown = printable(str(folder))
    if notes:
        hint = _mending(folder, next(groups_of(seen))) if seen.files else _WANTED
        return InputError(f"no data set in {shown} can be asked: {notes[0][0]}", hint)
    files = "file" if seen.searched == 1 else "files"
    looked = f"{seen.searched} {files} looked at" if seen.searched else "nothing there"
    why = f"; {excerpt(seen.unfit[0], 200)}" if seen.unfit else ""
    return InputError(f"no data set in {shown} that a model can be asked ({looked}){why}", _WANTED)


def _mending(folder: Path, group: Group) -> str:
    """What takes the rows out that cannot be asked."""
    one = group.held_out
    line = "evalkit lint --fix --drop "
    line += shlex.quote(str(folder / one.path))
    if one.table or one.path.suffix == ".json":
        line += f" -O {shlex.quote(str((folder / one.path).with_suffix('.jsonl')))}"
    return f"set such rows aside, then call it again: {printable(line)}"


_WANTED = (
    "put a held-out set there, JSONL or a table of questions and answers such as test.jsonl, and "
    "call it again; to see it all work: evalkit demo"
)
