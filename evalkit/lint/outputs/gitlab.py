# SPDX-License-Identifier: Apache-2.0
"""GitLab's Code Quality report: what the merge request shows as new and as mended.

Keys as https://docs.gitlab.com/ci/testing/code_quality/ (2026-11) names them. Never capped: GitLab
compares two reports, and a cap would call findings new that are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from evalkit.core.finding import Severity
from evalkit.core.printable import printable
from evalkit.lint.outputs._fingerprints import Fingerprints
from evalkit.lint.outputs._jsontext import dumped, forward
from evalkit.lint.outputs._look import Look
from evalkit.lint.outputs._totals import partial
from evalkit.lint.result import Result

__all__ = ["gitlab"]

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def gitlab(result: Result, look: Look) -> Iterator[str]:
    """One JSON array, one finding a line.

    Files that could not be read are blockers; that not all was looked at is a finding too, for the
    format has no other place to say it.
    """
    fingerprints = Fingerprints()
    records = [_record("unreadable-file", "blocker", line) for line in result.unreadable]
    if result.partial:
        records.append(_record("partial", "info", partial(result, look)))
    before = "["
    for record in records:
        yield before + dumped(record)
        before = ","
    for finding in result.findings:
        where = finding.location
        record = {
            "description": printable(f"{finding.name}: {finding.message}"),
            "check_name": finding.name,
            "fingerprint": fingerprints.of(finding),
            "severity": _SEVERITIES[finding.severity],
            "location": {"path": forward(where.source), "lines": {"begin": where.line or 1}},
        }
        yield before + dumped(record)
        before = ","
    yield "]" if before == "," else "[]"


def _record(name: str, severity: str, text: str) -> dict[str, object]:
    digest = sha256(f"{name}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "description": printable(text),
        "check_name": name,
        "fingerprint": digest,
        "severity": severity,
        "location": {"path": ".", "lines": {"begin": 1}},  # it is of no file
    }
