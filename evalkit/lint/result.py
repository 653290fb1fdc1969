# SPDX-License-Identifier: Apache-2.0
"""What a lint found, as outputs and callers read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.finding import Finding, Severity
from evalkit.core.location import Location
from evalkit.lint.settings import FailOn

__all__ = ["JSON_CONTAINERS", "FileReport", "Result", "is_fixable"]

JSON_CONTAINERS = frozenset({"jsonl", "json"})  # what goes up as it is; tables are converted


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """One file that was read; also the facts that rules of scope `file` may ask for.

    Attributes:
        path: As the user wrote it.
        format: Row layout, None where no row has a known one.
        encoding: As it was read; None for workbooks.
        lines: Physical lines, or rows of the sheet.
        examples: Records, broken ones too, blank ones not.
        container: "jsonl", "csv", "xlsx", …
        bom: Whether it begins with a byte order mark.
        notes: How it was read where it could be read otherwise, one sentence each.
    """

    path: str
    format: str | None = None
    encoding: str | None = "utf-8"
    lines: int = 0
    examples: int = 0
    container: str = "jsonl"
    bom: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All of it.

    Attributes:
        files: In the order given.
        findings: By file, line and code; those of a whole file before its lines.
        unreadable: One line for each file that could not be read.
        fail_on: The least severity that fails.
        excerpts: (location, pointer) to a printable excerpt of the data, for the first findings
            of each rule and file.
        fixed: Changes that were made by fixes.
        set_aside: Rows that were moved to a `.rejected.jsonl`.
    """

    files: tuple[FileReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    unreadable: tuple[str, ...] = ()
    fail_on: FailOn = "error"
    excerpts: Mapping[tuple[Location, str], str] = field(default_factory=dict)
    fixed: int = 0
    set_aside: int = 0

    @property
    def failed(self) -> bool:
        """Whether a finding is at or above `fail_on`."""
        if self.fail_on == "never":
            return False
        least = Severity[self.fail_on.upper()]
        return any(finding.severity >= least for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """2 where a file could not be read, else 1 where the findings fail, else 0."""
        return 2 if self.unreadable else int(self.failed)

    def summary(self) -> dict[str, Any]:
        """Counts by severity and by rule name, most frequent first."""
        levels = Counter(finding.severity for finding in self.findings)
        rules = Counter(finding.name for finding in self.findings)
        return {
            "errors": levels[Severity.ERROR],
            "warnings": levels[Severity.WARNING],
            "infos": levels[Severity.INFO],
            "fixable": sum(is_fixable(finding) for finding in self.findings),
            "by_rule": dict(sorted(rules.items(), key=lambda item: (-item[1], item[0]))),
        }


def is_fixable(finding: Finding) -> bool:
    """Whether `--fix` alone mends it."""
    return finding.fix is not None and finding.fix.safety == "safe"
