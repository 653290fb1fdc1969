# SPDX-License-Identifier: Apache-2.0
"""For people: each finding with an excerpt of the data, capped per rule and file."""

from __future__ import annotations

from collections.abc import Iterator

import click

from evalkit.core.finding import Finding
from evalkit.lint.outputs._look import COLORS, Look, capped, place, totals, word
from evalkit.lint.result import Result, is_fixable

__all__ = ["full", "headline"]


def full(result: Result, look: Look) -> Iterator[str]:
    """Lines of text.

    `look.max_per_rule` bounds what is printed: 50,000 equal faults are a screenful.
    """
    for path, shown, hidden in capped(result.findings, look):
        if hidden:
            name = shown[0].name
            yield _dim(word("more", look, n=hidden, name=name, path=path), look)
            continue
        for finding in shown:
            yield headline(finding, look)
            excerpt = result.excerpts.get((finding.location, finding.pointer), "")
            if excerpt:
                number = str(finding.location.line or "").rjust(6)
                where = f"  {finding.pointer}" if finding.pointer else ""
                yield _dim(f"{number} | {excerpt}{where}", look)
    if result.findings:
        yield ""
    for file in result.files:
        for note in file.notes:
            yield _dim(f"{file.path}: {note}", look)
    yield from totals(result, look)


def headline(finding: Finding, look: Look) -> str:
    """Place, severity, code, name and message; `[*]` where `--fix` mends it."""
    severity = word(finding.severity.label, look)
    star = " [*]" if is_fixable(finding) else ""
    if look.color:
        severity = click.style(severity, fg=COLORS[finding.severity], bold=True)
        where = click.style(place(finding), bold=True)
        name = click.style(finding.name, fg="blue")
    else:
        where, name = place(finding), finding.name
    return f"{where}: {severity} {finding.code}{star} {name}: {finding.message}"


def _dim(text: str, look: Look) -> str:
    return click.style(text, dim=True) if look.color else text
