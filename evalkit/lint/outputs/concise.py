# SPDX-License-Identifier: Apache-2.0
"""One line for each finding, capped per rule and file: for hooks and for grep."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.printable import printable
from evalkit.lint.outputs._groups import by_file
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._more import more_lines
from evalkit.lint.outputs._totals import closing, notes
from evalkit.lint.outputs._words import place
from evalkit.lint.result import Result, is_fixable

__all__ = ["concise"]


def concise(result: Result, look: Look) -> Iterator[str]:
    """Lines of text: `path:line: CODE [*] message`."""
    for file in by_file(result, look):
        for finding in file.shown:
            star = " [*]" if is_fixable(finding) else ""
            message = printable(finding.message)
            yield f"{place(finding)}: {printable(finding.code)}{star} {message}"
        yield from more_lines(file, look)
    yield from notes(result, look)
    yield from closing(result, look)
