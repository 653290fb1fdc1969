# SPDX-License-Identifier: Apache-2.0
"""What a run keeps of its files' lint: how often which rule found something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["LintCount", "Linted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LintCount:
    """One rule on one file.

    Attributes:
        name: Of the rule, such as "exact-duplicate".
        code: Such as "DUP001".
        severity: "error", "warning" or "info", of no target.
        count: Findings.
        message: The first one's, English and Chinese; printable.
        lines: Of the first findings, physical, from 1; empty where they are of the whole file.
    """

    name: str
    code: str
    severity: str
    count: int
    message: tuple[str, str] = ("", "")
    lines: Sequence[int] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """One file of a suite.

    Attributes:
        path: As written in the suite.
        part: "held-out" or "training".
        rows: Examples in it; 0 where it was not linted.
        sha256: Of its bytes.
        counts: By severity, then by how many; empty = nothing found.
        skipped: It was too large to lint beside a run, or could not be read as a data set.
    """

    path: str
    part: Literal["held-out", "training"]
    rows: int
    sha256: str
    counts: Sequence[LintCount] = ()
    skipped: bool = field(default=False, metadata={"rare": True})
