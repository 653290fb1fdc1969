# SPDX-License-Identifier: Apache-2.0
"""Who would take each file, and what stops the others."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.printable import printable
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._matrix import matrix_lines, verdicts_by_file
from evalkit.lint.outputs._totals import notes, partial, totals
from evalkit.lint.outputs._words import shown_path, word
from evalkit.lint.result import Result

__all__ = ["matrix"]


def matrix(result: Result, look: Look) -> Iterator[str]:
    """Lines of text: a table of the targets for each file, then how many would take it.

    Without verdicts (they come with `--target all`) the totals of the lint.
    """
    yield from notes(result, look)
    yield from matrix_lines(result, look)
    if not result.verdicts:
        yield from totals(result, look)
        return
    if result.partial:
        yield partial(result, look)
    for path, verdicts in verdicts_by_file(result).items():
        takers = sum(verdict.takes for verdict in verdicts)
        shown = shown_path(path)
        yield word("takers", look, n=takers, all=len(verdicts), path=shown)
        stopped = [v.target for v in verdicts if v.layout and not v.takes]
        if stopped:
            yield word("where", look, path=shown, name=printable(stopped[0]))
