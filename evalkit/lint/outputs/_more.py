# SPDX-License-Identifier: Apache-2.0
"""The line that stands for findings that are not shown."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.printable import printable
from evalkit.lint.outputs._groups import FileFindings
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._words import listed, shown_path, word

__all__ = ["more_lines"]


def more_lines(file: FileFindings, look: Look) -> Iterator[str]:
    """`… and 49,980 more of blank-line in x.jsonl (lines 21, 22, …; --max-per-rule …)`."""
    for name, number in file.more.items():
        if not file.path:  # found between files, and counted only
            yield word("more-across", look, n=number, name=printable(name))
            continue
        lines = file.lines.get(name)
        named = word("lines", look, lines=listed(lines, look)) if lines else ""
        yield word(
            "more", look, n=number, name=printable(name), path=shown_path(file.path), lines=named
        )
