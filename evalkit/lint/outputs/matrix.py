# SPDX-License-Identifier: Apache-2.0
"""Who would take each file, and what stops the others."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._matrix import matrix_lines
from evalkit.lint.outputs._totals import notes, totals
from evalkit.lint.result import Result

__all__ = ["matrix"]


def matrix(result: Result, look: Look) -> Iterator[str]:
    """Lines of text: a table of the targets for each file, then the totals.

    Without verdicts (they come with `--target all`) the totals alone.
    """
    yield from notes(result, look)
    yield from matrix_lines(result, look)
    yield from totals(result, look)
