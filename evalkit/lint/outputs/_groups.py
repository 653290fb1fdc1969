# SPDX-License-Identifier: Apache-2.0
"""Findings gathered by file and by rule, with those that were counted and not kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from evalkit.core.errors import UsageError
from evalkit.core.finding import Finding, Severity
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import Result

__all__ = ["FileFindings", "Kind", "by_file", "code_of", "kinds"]

_LINES = 5  # that a kind names


@dataclass(slots=True)
class Kind:
    """The findings of one rule, at one severity, in one file.

    Attributes:
        path: The file.
        name: Of the rule.
        severity: Of all of them.
        number: How many, those that were not kept too.
        safe: How many of them `--fix` alone mends.
        first: The first one; None where none was kept.
        lines: The first lines.
    """

    path: str
    name: str
    severity: Severity
    number: int = 0
    safe: int = 0
    first: Finding | None = None
    lines: list[int] = field(default_factory=list)

    @property
    def code(self) -> str:
        """Of the rule; "" where no finding was kept and the catalogue does not know it."""
        return self.first.code if self.first is not None else code_of(self.name)


@dataclass(slots=True)
class FileFindings:
    """The findings of one file, as far as they are to be shown.

    Attributes:
        path: The file.
        shown: In the order of their lines.
        more: Rule name to how many are not shown, in the order of their first lines.
        lines: Rule name to lines of some of those.
    """

    path: str
    shown: list[Finding] = field(default_factory=list)
    more: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[int]] = field(default_factory=dict)


def by_file(result: Result, look: Look) -> Iterator[FileFindings]:
    """Each file that something was found in, at most `look.max_per_rule` findings of a rule."""
    files: dict[str, FileFindings] = {file.path: FileFindings(file.path) for file in result.files}
    counts: dict[tuple[str, str], int] = {}
    for finding in result.findings:
        path, name = finding.location.source, finding.name
        if path not in files:
            files[path] = FileFindings(path)
        file = files[path]
        number = counts[path, name] = counts.get((path, name), 0) + 1
        if not look.max_per_rule or number <= look.max_per_rule:
            file.shown.append(finding)
            continue
        file.more[name] = file.more.get(name, 0) + 1
        lines = file.lines.setdefault(name, [])
        if finding.location.line is not None and len(lines) < _LINES:
            lines.append(finding.location.line)
    for kind, number in result.omitted.items():
        file = files.setdefault(kind.path, FileFindings(kind.path))
        file.more[kind.name] = file.more.get(kind.name, 0) + number
    yield from (file for file in files.values() if file.shown or file.more)


def kinds(result: Result) -> list[Kind]:
    """The findings by file, rule and severity, in the order of the files and first lines."""
    order = {file.path: number for number, file in enumerate(result.files)}
    found: dict[tuple[str, str, Severity], Kind] = {}
    for finding in result.findings:
        key = (finding.location.source, finding.name, finding.severity)
        kind = found.get(key)
        if kind is None:
            kind = found[key] = Kind(*key, first=finding)
        kind.number += 1
        kind.safe += finding.fix is not None and finding.fix.safety == "safe"
        line = finding.location.line
        if line is not None and len(kind.lines) < _LINES and line not in kind.lines:
            kind.lines.append(line)
    for omitted, number in result.omitted.items():
        key = (omitted.path, omitted.name, omitted.severity)
        kind = found.setdefault(key, Kind(*key))
        kind.number += number
        kind.safe += number * (omitted.safety == "safe")
    return sorted(found.values(), key=lambda kind: order.get(kind.path, len(order)))


def code_of(name: str) -> str:
    """The code of a rule of the catalogue, "" where there is none of that name."""
    from evalkit.lint.catalogue import rule_named

    try:
        return rule_named(name).code
    except UsageError:
        return ""
