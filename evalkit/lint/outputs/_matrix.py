# SPDX-License-Identifier: Apache-2.0
"""Who would take each file, as a table (`--target all`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalkit.core.printable import columns, printable
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._words import shown_path, word
from evalkit.lint.result import Result, TargetVerdict

__all__ = ["answer_of", "blockers_of", "matrix_lines", "verdicts_by_file"]

_BLOCKERS = 3  # that are named


def verdicts_by_file(result: Result) -> dict[str, list[TargetVerdict]]:
    """Path to its verdicts: targets that take it first, then those that need less mending."""
    files: dict[str, list[TargetVerdict]] = {}
    for verdict in result.verdicts:
        files.setdefault(verdict.path, []).append(verdict)
    for verdicts in files.values():
        verdicts.sort(key=lambda v: (not (v.takes and v.layout), not v.layout, v.errors, v.target))
    return files


def answer_of(verdict: TargetVerdict, look: Look) -> str:
    """`yes`, `no` or `convert first`."""
    if not verdict.layout:
        return word("convert", look)
    return word("yes" if verdict.takes else "no", look)


def blockers_of(verdict: TargetVerdict, look: Look) -> str:
    """`missing-assistant-message (12), bad-role (3), 2 more`."""
    named = [f"{printable(name)} ({number:,})" for name, number in verdict.blockers[:_BLOCKERS]]
    if len(verdict.blockers) > _BLOCKERS:
        named.append(word("and", look, n=len(verdict.blockers) - _BLOCKERS))
    return ("、" if look.language == "zh" else ", ").join(named)


def matrix_lines(result: Result, look: Look) -> Iterator[str]:
    """For each file a table of the targets; nothing where there are no verdicts."""
    for path, verdicts in verdicts_by_file(result).items():
        yield shown_path(path)
        head = [word(key, look) for key in ("target", "takes", "errors", "warnings", "blockers")]
        rows = [
            [
                printable(v.target),
                answer_of(v, look),
                f"{v.errors:,}",
                f"{v.warnings:,}",
                blockers_of(v, look),
            ]
            for v in verdicts
        ]
        yield from _table([head, *rows])
        yield ""


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(columns(row[index]) for row in rows) for index in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [
            _padded(cell, width, right=index in (2, 3))
            for index, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        yield ("  " + "  ".join([*cells, row[-1]])).rstrip()


def _padded(text: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - columns(text))
    return blanks + text if right else text + blanks
