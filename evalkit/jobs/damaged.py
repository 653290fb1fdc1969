# SPDX-License-Identifier: Apache-2.0
"""A file among the records that cannot be read: left out with a line, or the one meant."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError
from evalkit.core.printable import printable
from evalkit.jobs.words import Line

__all__ = [
    "DamagedError",
    "LeftOut",
    "left_out_line",
    "may_be_last",
    "named_by",
    "speaks_of",
    "texts_in",
]

_LETTERS = 16  # of an order's key, in the name of its record
_QUOTED = re.compile(rb'"([!-~]{1,200}?)"')
_MOST = 1_000_000  # bytes that are looked through; a record has a few hundred


class DamagedError(InputError):
    """A record that cannot be read, or a file of somebody else's under such a name.

    Args:
        path: Of the file.
        why: It cannot be read: printable.
        newer: Whether a later evalkit wrote it.
    """

    def __init__(self, path: Path, why: str, *, newer: bool = False) -> None:
        shown = printable(str(path))
        if newer:
            message = f"the record {shown} is of a newer evalkit: {why}"
            hint = "update evalkit; without the record a job might be paid for twice"
        else:
            message = f"the record {shown} cannot be read: {why}"
            hint = (
                "move it away if the job that it is of is known otherwise; without it evalkit "
                "looks at the provider for the job"
            )
        super().__init__(message, hint)
        self.path = path
        self.newer = newer


LeftOut = Callable[[DamagedError], None]


def left_out_line(fault: DamagedError) -> Line:
    """That a file was left out and what to do, in one line."""
    shown = printable(str(fault.path))
    if fault.newer:
        return Line(
            f"warning: {fault.message}; left out: update evalkit",
            f"警告：任务记录 {shown} 由更新版本的 evalkit 写入，已忽略；请升级 evalkit",
        )
    return Line(
        f"warning: {fault.message}; left out: move it out of that folder; its job, if it had one, "
        "is in `evalkit job list --remote --target T`",
        f"警告：任务记录 {shown} 无法读取，已忽略；请将其移出该文件夹；"
        "其任务可用 `evalkit job list --remote --target T` 查看",
    )


def named_by(broken: Iterable[DamagedError], letters: str) -> DamagedError | None:
    """The one whose name begins with the letters of a key."""
    return next((one for one in broken if one.path.name.startswith(letters[:_LETTERS])), None)


def may_be_last(broken: Iterable[DamagedError], created: float) -> DamagedError | None:
    """One that may be of an order that is younger than that.

    Args:
        broken: Of one folder.
        created: Unix time of the youngest order that can be read.
    """
    return next((one for one in broken if created <= _latest(one.path) > -math.inf), None)


def speaks_of(broken: Iterable[DamagedError], job: str) -> DamagedError | None:
    """One in which a job's id stands."""
    return next((one for one in broken if job.encode() in _bytes(one.path)), None)


def texts_in(fault: DamagedError) -> set[str]:
    """What stands between quotation marks in it: the id of its job among them, as far as kept."""
    return {found.decode() for found in _QUOTED.findall(_bytes(fault.path))}


def _latest(path: Path) -> float:
    """Unix time after which the order of a record was not made; that of a foreign file: never."""
    try:
        document: Any = json.loads(_bytes(path))
    except (ValueError, RecursionError):
        document = None
    else:
        if not isinstance(document, dict) or not document.keys() & {"key", "job", "train"}:
            return -math.inf
        created = document.get("created")
        if isinstance(created, int | float) and not isinstance(created, bool):
            return created
    try:
        return path.stat().st_mtime
    except OSError:
        return math.inf


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST)
    except OSError:
        return b""
