# SPDX-License-Identifier: Apache-2.0
"""Findings below the name of their file, the files one after the other."""

from __future__ import annotations

from collections.abc import Iterator

import click

from evalkit.core.finding import Finding
from evalkit.core.printable import columns, printable
from evalkit.lint.outputs._groups import by_file
from evalkit.lint.outputs._look import COLORS, Look
from evalkit.lint.outputs._more import more_lines
from evalkit.lint.outputs._totals import closing, notes
from evalkit.lint.outputs._words import shown_path, word
from evalkit.lint.result import Result, is_fixable

__all__ = ["grouped"]


def grouped(result: Result, look: Look) -> Iterator[str]:
    """Lines of text: the path, then `  line  severity  CODE [*] name: message`."""
    for file in by_file(result, look):
        path = shown_path(file.path) if file.path else word("across", look)
        yield f"{click.style(path, bold=True) if look.color else path}:"
        width = max((columns(_place(finding)) for finding in file.shown), default=0)
        for finding in file.shown:
            yield _line(finding, width, look)
        for line in more_lines(file, look):
            yield f"  {line}"
        yield ""
    yield from notes(result, look)
    yield from closing(result, look)


def _place(finding: Finding) -> str:
    where = finding.location
    if finding.cell:
        return printable(finding.cell)
    if where.line is None:
        return "-"
    spans = where.end_line is not None and where.end_line > where.line
    return f"{where.line}-{where.end_line}" if spans else str(where.line)


def _line(finding: Finding, width: int, look: Look) -> str:
    severity = word(finding.severity.label, look)
    blanks = " " * (7 - columns(severity))
    if look.color:
        severity = click.style(severity, fg=COLORS[finding.severity], bold=True)
    star = "[*]" if is_fixable(finding) else "   "
    what = f"{printable(finding.name)}: {printable(finding.message)}"
    where = _place(finding).rjust(width)
    return f"  {where}  {severity}{blanks}  {printable(finding.code)} {star} {what}"
