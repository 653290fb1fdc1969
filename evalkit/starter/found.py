# SPDX-License-Identifier: Apache-2.0
"""The data sets of a folder that models can be asked, and which of them is held out."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from evalkit.core.errors import EvalkitError
from evalkit.core.printable import printable
from evalkit.data.discover import EXCLUDE, Patterns, discover, why_not_training
from evalkit.data.read import open_data

__all__ = ["PATTERNS", "DataFile", "Group", "Seen", "groups_of", "look"]

PATTERNS = (
    "*.jsonl", "*.jsonl.gz", "*.jsonl.zst", "*.ndjson", "*.ndjson.gz", "*.ndjson.zst",
    "*.json", "*.csv", "*.tsv", "*.xlsx",
)  # fmt: skip
_NOT_OURS = (*EXCLUDE, "reports", "package*.json", "tsconfig*.json", "*.rejected.jsonl*")
_MOST_FILES = 200
_MOST_BYTES = 200 << 20
_PROBED = 200  # rows that tell whether models can be asked the file
_ENOUGH = 0.9  # of them

Role = Literal["test", "valid", "train", ""]
_WORDS: Mapping[Role, tuple[str, ...]] = {
    "test": ("test", "tests", "heldout", "held", "holdout", "eval", "evals", "evaluation", "golden",
             "gold", "benchmark", "测试集", "测试", "评测", "留出"),
    "valid": ("valid", "validation", "val", "dev", "验证集", "验证"),
    "train": ("train", "training", "finetune", "sft", "训练集", "训练"),
}  # fmt: skip
_PARTS = re.compile(r"[\s._\-/\\]+")
_FILLERS = {"out", "set", "data", "jsonl", "ndjson", "json", "csv", "tsv", "xlsx", "gz", "zst"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """A file whose rows end in an answer.

    Attributes:
        path: As seen from the folder.
        role: By its name: "test", "valid" or "train"; "" where the name says none.
        stem: What is left of its name and of its folders without such words: files of one task
            share it.
        layout: Of its rows.
        table: Whether it is a table or a workbook.
        size: Bytes.
    """

    path: Path
    role: Role
    stem: str
    layout: str
    table: bool
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a folder holds.

    Attributes:
        files: That can be asked, by their paths.
        notes: Pairs of English and Chinese sentences on files that cannot, though they look so.
        searched: How many files were opened.
        unfit: Why files were passed over that might be meant, printable.
    """

    files: Sequence[DataFile] = ()
    notes: Sequence[tuple[str, str]] = ()
    searched: int = 0
    unfit: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The files of one task.

    Attributes:
        name: Of the suite: letters, digits, `.`, `_` and `-`.
        held_out: What models are asked.
        train: What they learned from; None where there is none but the held-out file itself.
    """

    name: str
    held_out: DataFile
    train: DataFile | None


@dataclass(slots=True)
class _Notes:
    pairs: list[tuple[str, str]] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)

    def add(self, en: str, zh: str) -> None:
        self.pairs.append((en, zh))


def look(folder: Path) -> Seen:
    """The data sets in a folder and below it; reads a few rows of each.

    What evalkit itself wrote, what has no known layout and what holds no answers is passed over.
    """
    patterns = Patterns(include=PATTERNS, exclude=_NOT_OURS, folder=folder)
    paths = [Path(one.path) for one in discover([str(folder)], patterns).files]
    paths.sort(key=lambda path: (len(path.parts), path.parts))
    notes = _Notes()
    if len(paths) > _MOST_FILES:
        notes.add(
            f"only the first {_MOST_FILES} of {len(paths):,} files were looked at",
            f"{len(paths):,} 个文件只看了前 {_MOST_FILES} 个",
        )
    found = []
    for path in paths[:_MOST_FILES]:
        relative = Path(os.path.relpath(path, folder))
        one = _probed(path, relative, notes)
        if one is not None:
            found.append(one)
    return Seen(
        files=tuple(found),
        notes=tuple(notes.pairs),
        searched=min(len(paths), _MOST_FILES),
        unfit=tuple(notes.unfit),
    )


def _probed(path: Path, relative: Path, notes: _Notes) -> DataFile | None:
    shown = printable(str(relative))
    try:
        str(relative).encode("utf-8")
        size = path.stat().st_size
    except (OSError, UnicodeEncodeError):
        notes.add(f"{shown}: its name is no UTF-8", f"{shown}：文件名不是 UTF-8")
        return None
    if size > _MOST_BYTES:
        notes.add(
            f"{shown}: {size >> 20:,} MiB, too large to be a held-out set",
            f"{shown}：{size >> 20:,} MiB，作为测试集太大",
        )
        return None
    try:
        if why_not_training(str(path)):
            return None
        data = open_data(path)
        rows = [one for one in islice(iter(data), _PROBED) if one.broken is None]
    except EvalkitError as error:
        # A spreadsheet of something else, a JSON document: the world is full of them.
        notes.unfit.append(error.message)
        return None
    method = data.layout.method if data.layout is not None else ""
    if method not in ("sft", "eval") or not rows:
        if method:
            notes.unfit.append(f"{shown}: {data.format} rows have no one answer to compare with")
        return None
    fit = sum(
        len(one.messages) > 1
        and one.messages[-1].role == "assistant"
        and bool(one.messages[-1].text.strip())
        for one in rows
    )
    if fit < _ENOUGH * len(rows):
        if fit:
            notes.add(
                f"{shown}: {len(rows) - fit} of its first {len(rows)} rows hold no answer to "
                f"compare with: evalkit lint names them",
                f"{shown}：前 {len(rows)} 行中有 {len(rows) - fit} 行没有可比较的回答，"
                "evalkit lint 会逐一指出",
            )
        return None
    role, stem = _read(relative)
    table = data.container not in ("jsonl", "json")
    return DataFile(
        path=relative, role=role, stem=stem, layout=data.format or "", table=table, size=size
    )


def _read(path: Path) -> tuple[Role, str]:
    """What the words of a path say of its role, the file's own before those of its folders."""
    role: Role = ""
    rest: list[str] = []
    for level in (path.name, *reversed(path.parts[:-1])):
        kept = []
        for word in filter(None, _PARTS.split(level.casefold())):
            meant = next((r for r, words in _WORDS.items() if word in words), None)
            if meant is None and not level.isascii():
                meant = next(
                    (r for r, words in _WORDS.items() for w in words
                     if not w.isascii() and w in word),
                    None,
                )  # fmt: skip
                if meant is not None:
                    left = re.sub("|".join(_WORDS[meant]), "", word)
                    kept += [left] if left else []
            elif meant is None and word not in _FILLERS:
                kept.append(word)
            role = role or meant or ""
        rest = [*kept, *rest]
    return role, "-".join(rest)


def groups_of(seen: Seen, names: AbstractSet[str] = frozenset()) -> Iterator[Group]:
    """One group for each held-out file; without any, the largest file stands for itself.

    Args:
        seen: The files.
        names: Of suites that are there already.
    """
    taken = set(names)
    held_out = [one for one in seen.files if one.role == "test"]
    held_out = held_out or [one for one in seen.files if one.role == "valid"]
    if not held_out and seen.files:
        one = max(seen.files, key=lambda file: file.size)
        alone = _name(one, taken, default=one.path.name.split(".")[0])
        yield Group(name=alone, held_out=one, train=None)
        return
    done: set[tuple[str, Path]] = set()
    for one in held_out:
        key = (one.stem, one.path.parent)
        if key in done:  # the same set once more, in another layout
            continue
        done.add(key)
        yield Group(name=_name(one, taken), held_out=one, train=_train_of(one, seen))


def _train_of(held_out: DataFile, seen: Seen) -> DataFile | None:
    """The training file of the same stem and the same layout, else of the same stem, else alone."""
    train = [one for one in seen.files if one.role == "train"]
    same = [one for one in train if one.stem == held_out.stem]
    if not same:
        others = {one.stem for one in seen.files if one.role in ("test", "valid")}
        same = train if len(train) == 1 and len(others) == 1 else []
    same.sort(key=lambda one: (one.layout != held_out.layout, one.table, one.path.parts))
    return same[0] if same else None


def _name(one: DataFile, taken: set[str], default: str = "") -> str:
    """A name for the suite that a file's name can be, on every system."""
    names = (re.sub(r"[^\w.]+", "-", text).strip("-._")[:60] for text in (one.stem, default))
    name = next(filter(None, names), "first")
    while name in taken:
        head, _, tail = name.rpartition("-")
        name = f"{head}-{int(tail) + 1}" if head and tail.isdecimal() else f"{name}-2"
    taken.add(name)
    return name
