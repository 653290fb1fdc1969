# SPDX-License-Identifier: Apache-2.0
"""For people: each finding with an excerpt of the data, capped per rule and file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePath

import click

from evalkit.core.finding import Finding
from evalkit.core.location import Location
from evalkit.core.printable import clipped, printable
from evalkit.lint.outputs._groups import FileFindings, by_file
from evalkit.lint.outputs._look import COLORS, Look
from evalkit.lint.outputs._more import more_lines
from evalkit.lint.outputs._totals import closing, notes, partial
from evalkit.lint.outputs._words import place, word
from evalkit.lint.result import FileReport, Result, is_fixable

__all__ = ["excerpt_line", "full", "headline"]

Excerpts = Mapping[tuple[Location, str], str]

_MARGIN = 9  # columns of `     2 | `


def full(result: Result, look: Look) -> Iterator[str]:
    """Lines of text.

    `look.max_per_rule` bounds what is printed: 50,000 equal faults are a screenful. How to mend a
    kind of fault is said once a file.
    """
    if result.partial and (result.findings or result.omitted):  # else it stands below at once
        yield _loud(partial(result, look), look)
    reports = {file.path: file for file in result.files}
    for file in by_file(result, look):
        yield from _frames(file, reports.get(file.path), result.excerpts, look)
        for line in more_lines(file, look):
            yield _dim(line, look)
    if result.findings or result.omitted:
        yield ""
    for line in notes(result, look):
        yield _dim(line, look)
    loud = partial(result, look)
    for line in closing(result, look):
        yield _loud(line, look) if line == loud else line


def _frames(
    file: FileFindings, report: FileReport | None, excerpts: Excerpts, look: Look
) -> Iterator[str]:
    explained: set[str] = set()
    before = ""
    for finding in file.shown:
        yield headline(finding, look)
        excerpt = excerpt_line(finding, excerpts, look)
        if excerpt and excerpt != before:  # several faults of one place show it once
            yield _dim(excerpt, look)
            before = excerpt
        if finding.name not in explained:
            explained.add(finding.name)
            if text := _help(finding, report, look):
                yield _dim(f"       = {word('help', look)}{text}", look)


def headline(finding: Finding, look: Look) -> str:
    """Place, severity, code, name and message; `[*]` where `--fix` mends it."""
    severity = word(finding.severity.label, look)
    star = " [*]" if is_fixable(finding) else ""
    where, name = place(finding), printable(finding.name)
    if look.color:
        severity = click.style(severity, fg=COLORS[finding.severity], bold=True)
        where = click.style(where, bold=True)
        name = click.style(name, fg="blue")
    code, message = printable(finding.code), printable(finding.message)
    return f"{where}: {severity} {code}{star} {name}: {message}"


def excerpt_line(finding: Finding, excerpts: Excerpts, look: Look) -> str:
    """`    17 | "What…"  /messages/0/content`; "" where there is no excerpt."""
    text = excerpts.get((finding.location, finding.pointer), "")
    if not text:
        return ""
    where = f"  {printable(finding.pointer)}" if finding.pointer else ""
    number = str(finding.location.line or "").rjust(6)
    return f"{number} | {clipped(printable(text), max(look.width - _MARGIN, 20))}{where}"


def _help(finding: Finding, report: FileReport | None, look: Look) -> str:
    from evalkit.data.placing import stem_of

    if finding.fix is None:
        return ""
    safety = finding.fix.safety
    path = PurePath(finding.location.source)
    name = printable(path.stem)
    piped = finding.location.source == "-"
    if piped or (report is not None and not _is_mended_in_place(path, report)):
        name = printable(stem_of(finding.location.source))
        flag = {"safe": "--fix", "unsafe": "--unsafe-fixes", "drop": "--drop"}[safety]
        return word("help-anew", look, flag=flag, name=name)
    return word(f"help-{safety}", look, name=name)


def _is_mended_in_place(path: PurePath, report: FileReport) -> bool:
    """JSONL is, and a JSON document that is called JSONL."""
    if report.packing:
        return False
    lines = path.suffix.lower() in (".jsonl", ".ndjson")
    return report.container == "jsonl" or (report.container == "json" and lines)


def _dim(text: str, look: Look) -> str:
    return click.style(text, dim=True) if look.color else text


def _loud(text: str, look: Look) -> str:
    return click.style(text, fg="yellow", bold=True) if look.color else text
