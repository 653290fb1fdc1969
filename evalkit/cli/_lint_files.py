# SPDX-License-Identifier: Apache-2.0
"""Which files a lint is about, and what is said of those that it is not about."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalkit.core.errors import EvalkitError
from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.data.discover import Patterns, discover, why_not_training
from evalkit.lint.settings import Settings

__all__ = ["Chosen", "chosen_files", "expanded"]

_SKIPPED: dict[Language, str] = {
    "en": "{path}: skipped: {reason}; name it to lint it",
    "zh": "{path}：已跳过：{reason}；如需检查请直接写出文件名",
}
_SKIPPED_BY_HOOK: dict[Language, str] = {
    "en": "{path}: skipped: {reason}",
    "zh": "{path}：已跳过：{reason}",
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to lint.

    Attributes:
        paths: In order.
        skipped: One sentence for each file that is no training data.
        absent: One line for each argument that means no file.
        excluded: How many named files were left out by patterns.
    """

    paths: tuple[str, ...]
    skipped: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    excluded: int = 0


def chosen_files(arguments: Sequence[str], patterns: Patterns, settings: Settings) -> Chosen:
    """The files that the arguments mean, without those that turn out to be something else."""
    wrong = {text: why for text in arguments if (why := _unreadable(text))}
    given = ["-" if text == "/dev/stdin" else text for text in arguments if text not in wrong]
    found = discover(given, patterns)
    words = (_SKIPPED_BY_HOOK if patterns.force else _SKIPPED)[settings.language]
    paths: list[str] = []
    skipped: list[str] = []
    for file in found.files:
        reason = "" if file.named else _why_not(file.path, settings)
        if reason:
            skipped.append(words.format(path=printable(file.path), reason=reason))
        else:
            paths.append(file.path)
    absent = (*found.absent, *wrong.values())
    return Chosen(tuple(paths), tuple(skipped), absent, len(found.excluded))


def _unreadable(argument: str) -> str:
    """Why an argument cannot be a data set, whatever is in it; "" where it can."""
    try:
        pipe = stat.S_ISFIFO(Path(argument).stat().st_mode)
    except (OSError, ValueError):
        return ""
    if pipe and argument not in ("-", "/dev/stdin"):
        return f"{printable(argument)} is a pipe and can be read once only; give it as `-`"
    return ""


def _why_not(path: str, settings: Settings) -> str:
    reading = {
        "table": settings.table,
        "max_line_bytes": settings.max_line_bytes,
        "layouts": settings.layouts,
    }
    try:
        return why_not_training(path, settings.language, **reading)
    except EvalkitError:
        return ""  # the lint says what is the matter


def expanded(paths: Sequence[str], linted: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Held-out files with their globs expanded, and one line for each that means no file.

    A file that is linted as well is called as it is there.
    """
    found = discover(paths)
    known = {os.path.normpath(path): path for path in linted}
    files = (known.get(os.path.normpath(file.path), file.path) for file in found.files)
    return tuple(files), list(found.absent)
