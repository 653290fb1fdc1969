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

__all__ = [
    "JSON_CONTAINERS",
    "FileReport",
    "Omitted",
    "Result",
    "TargetVerdict",
    "TokenTotals",
    "is_fixable",
]

JSON_CONTAINERS = frozenset({"jsonl", "json"})  # what goes up as it is; tables are converted


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenTotals:
    """Tokens of a file, as billed for training, one epoch.

    Attributes:
        encoding: Such as "o200k_base".
        examples: Valid examples that were counted.
        total: Of all of them.
        largest: Of the largest one; 0 where there is none.
    """

    encoding: str
    examples: int = 0
    total: int = 0
    largest: int = 0


@dataclass(frozen=True, slots=True)
class Omitted:
    """A kind of findings that was counted and not kept (`Settings.keep`)."""

    path: str
    name: str
    severity: Severity
    safety: str | None  # of the fix


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetVerdict:
    """Whether one target would take one file.

    Attributes:
        target: Its name.
        title: As people know it.
        path: The file.
        takes: Whether no error of this target stands against the file.
        layout: Whether the target reads this row layout (else it must be converted first).
        errors: Findings that are errors for this target.
        warnings: Findings that are warnings for it.
        blockers: (rule name, number) of the errors, most frequent first.
    """

    target: str
    title: str
    path: str
    takes: bool
    layout: bool
    errors: int = 0
    warnings: int = 0
    blockers: tuple[tuple[str, int], ...] = ()


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
        size: Bytes on disk.
        packing: "gzip", "zstd" or "".
        method: Of its layout: "sft", "preference", "rft", "completion"; None where unknown.
        tokens: Their number, where they were asked for.
        headers: Headers of a table, as they stand there.
        columns: Role to header, for tables.
    """

    path: str
    format: str | None = None
    encoding: str | None = "utf-8"
    lines: int = 0
    examples: int = 0
    container: str = "jsonl"
    bom: bool = False
    notes: tuple[str, ...] = ()
    size: int = 0
    packing: str = ""
    method: str | None = None
    tokens: TokenTotals | None = None
    headers: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


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
        omitted: Findings that were counted but not kept, by kind.
        skipped: One sentence for each file that is no training data and was left alone.
        known: Findings that a baseline knows and that are not among `findings`.
        partial: What was looked at, where it was not all ("" else): a sentence for the summary.
        verdicts: For `--target all`: each target on each file.
        targets: Names of the targets whose rules applied.
    """

    files: tuple[FileReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    unreadable: tuple[str, ...] = ()
    fail_on: FailOn = "error"
    excerpts: Mapping[tuple[Location, str], str] = field(default_factory=dict)
    fixed: int = 0
    set_aside: int = 0
    omitted: Mapping[Omitted, int] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
    known: int = 0
    partial: str = ""
    verdicts: tuple[TargetVerdict, ...] = ()
    targets: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a finding is at or above `fail_on`; of verdicts: whether nobody takes a file."""
        if self.fail_on == "never":
            return False
        if self.verdicts:
            takers = {verdict.path for verdict in self.verdicts if verdict.takes}
            return any(file.path not in takers for file in self.files)
        least = Severity[self.fail_on.upper()]
        kept = any(finding.severity >= least for finding in self.findings)
        return kept or any(kind.severity >= least for kind in self.omitted)

    @property
    def exit_code(self) -> int:
        """2 where a file could not be read, else 1 where the findings fail, else 0."""
        return 2 if self.unreadable else int(self.failed)

    def summary(self) -> dict[str, Any]:
        """Counts by severity and by rule name, most frequent first."""
        levels = Counter(finding.severity for finding in self.findings)
        rules = Counter(finding.name for finding in self.findings)
        fixable = sum(is_fixable(finding) for finding in self.findings)
        for kind, number in self.omitted.items():
            levels[kind.severity] += number
            rules[kind.name] += number
            fixable += number * (kind.safety == "safe")
        return {
            "errors": levels[Severity.ERROR],
            "warnings": levels[Severity.WARNING],
            "infos": levels[Severity.INFO],
            "fixable": fixable,
            "by_rule": dict(sorted(rules.items(), key=lambda item: (-item[1], item[0]))),
        }


def is_fixable(finding: Finding) -> bool:
    """Whether `--fix` alone mends it."""
    return finding.fix is not None and finding.fix.safety == "safe"
