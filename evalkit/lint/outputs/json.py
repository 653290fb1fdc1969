# SPDX-License-Identifier: Apache-2.0
"""For machines: everything, never capped (schemas/lint-output.schema.json)."""

from __future__ import annotations

import json as _json
from collections.abc import Iterator
from typing import Any

from evalkit import __version__
from evalkit.core.finding import Finding
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import Result, is_fixable

__all__ = ["document", "json"]


def json(result: Result, look: Look) -> Iterator[str]:  # noqa: ARG001  (all outputs take it)
    """One JSON document, one finding a line so that it can be read and compared."""
    whole = document(result)
    findings = whole.pop("findings")
    head, summary = _json.dumps(whole, ensure_ascii=False)[:-1].split(', "summary": ', 1)
    yield head + ', "findings": ['
    for number, finding in enumerate(findings, 1):
        yield _json.dumps(finding, ensure_ascii=False) + ("," if number < len(findings) else "")
    yield '], "summary": ' + summary + "}"


def document(result: Result) -> dict[str, Any]:
    """The result as JSON values."""
    return {
        "evalkit": __version__,
        "schema": 1,
        "files": [
            {
                "path": file.path,
                "format": file.format,
                "encoding": file.encoding,
                "lines": file.lines,
                "examples": file.examples,
            }
            for file in result.files
        ],
        "findings": [_finding(finding) for finding in result.findings],
        "unreadable": list(result.unreadable),
        "fixed": result.fixed,
        "set_aside": result.set_aside,
        "summary": result.summary(),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    where = finding.location
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.label,
        "path": where.source,
        "line": where.line,
        "end_line": where.end_line,
        "example": where.number,
        "cell": finding.cell,
        "pointer": finding.pointer,
        "message": finding.message,
        "fixable": is_fixable(finding),
        "fix": None if finding.fix is None else finding.fix.safety,
    }
