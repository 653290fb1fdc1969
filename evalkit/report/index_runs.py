# SPDX-License-Identifier: Apache-2.0
"""The runs below a folder: found, read without their rows, newest first."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import printable
from evalkit.evaluation.result import Run
from evalkit.evaluation.stored import decoded
from evalkit.page.phrase import Phrase, say

__all__ = ["DAMAGED", "Listed", "Unread", "listed_runs", "run_folders"]

DAMAGED = say("run.json is damaged", "run.json 已损坏")
_OTHER = say("written by another version of evalkit", "由其他版本的 evalkit 写成")
_DEEP = 6  # folders below the one that is listed
_RUN = "run.json"
_PAGE = "index.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A run in a list.

    Attributes:
        run: Without its rows.
        folder: Where it is.
        page: Its page; None where there is none.
    """

    run: Run
    folder: Path
    page: Path | None


@dataclass(frozen=True, slots=True)
class Unread:
    """A folder that says it is a run and cannot be read.

    Attributes:
        folder: Which.
        why: A few words.
    """

    folder: Path
    why: Phrase = DAMAGED


def run_folders(root: Path) -> Iterator[Path]:
    """Folders with a run.json at or below the root, by name.

    What lies within a run (its general set) is a part of it; links to folders are not followed, so
    that nothing outside is listed and no ring is walked.

    Raises:
        UsageError: The root is no folder.
    """
    if not root.is_dir():
        raise UsageError(f"{root} is no folder", "name the one that the runs are in: reports/")
    yield from _below(root, _DEEP)


def _below(folder: Path, deep: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
            if any(entry.name == _RUN and entry.is_file() for entry in entries):
                yield folder
                return
            inner = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:  # not ours to read
        return
    for name in inner if deep else ():
        yield from _below(folder / name, deep - 1)


def listed_runs(root: Path) -> tuple[list[Listed], list[Unread]]:
    """The runs below a folder, newest first, and those that cannot be read.

    Raises:
        UsageError: The root is no folder.
    """
    runs: list[Listed] = []
    unread: list[Unread] = []
    for folder in run_folders(root):
        try:
            head = json.loads((folder / _RUN).read_text(encoding="utf-8"))
            if head.get("schema") != 1:
                unread.append(Unread(folder, _OTHER))
                continue
            run = _without_rows(head)
        except OSError as error:
            why = say("cannot be read: {e}", "无法读取：{e}", e=printable(error.strerror or ""))
            unread.append(Unread(folder, why))
            continue
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            unread.append(Unread(folder))
            continue
        page = folder / _PAGE
        runs.append(Listed(run=run, folder=folder, page=page if page.is_file() else None))
    runs.sort(key=lambda one: (_when(one.run.started), str(one.folder)), reverse=True)
    return runs, unread


def _without_rows(head: dict[str, Any]) -> Run:
    """The run of a run.json; rows are most of what there is to read.

    Raises:
        ValueError: A text that is none; KeyError, TypeError, AttributeError: damaged otherwise.
    """
    known = {field.name for field in fields(Run)}
    run = decoded({**{k: v for k, v in head.items() if k in known}, "rows": []}, Run)
    texts: tuple[object, ...] = (run.suite, run.started, run.primary, run.decision)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("not a text")
    return run


def _when(started: str) -> datetime:
    """The moment, for sorting; what is no time is the oldest."""
    try:
        moment = datetime.fromisoformat(started)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
