# SPDX-License-Identifier: Apache-2.0
"""JSON that any terminal can show and any file can hold, and that says exactly what was meant."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

from evalkit import __version__
from evalkit.core.finding import Finding
from evalkit.lint.result import FileReport, Result, TargetVerdict, is_fixable

__all__ = ["dumped", "finding_record", "forward", "head"]

# What `core.printable` writes out, but for what JSON escapes by itself: DEL, C1, bidi controls,
# zero-width characters, line separators, surrogates.
_UNSAFE = re.compile(
    "[\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
_encode = json.JSONEncoder(ensure_ascii=False).encode  # one for all findings


def dumped(value: Any) -> str:
    """A value as one line of JSON: Chinese as itself, what a terminal would obey as an escape."""
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", _encode(value))


def head(result: Result) -> Iterator[tuple[str, Any]]:
    """Everything but the findings, key by key."""
    yield "evalkit", __version__
    yield "schema", 1
    yield "targets", list(result.targets)
    yield "files", [_file(file) for file in result.files]
    yield "unreadable", list(result.unreadable)
    yield "skipped", list(result.skipped)
    yield "known", result.known
    yield "partial", result.partial
    yield "fixed", result.fixed
    yield "set_aside", result.set_aside
    yield "verdicts", [_verdict(verdict) for verdict in result.verdicts]
    yield (
        "omitted",
        [
            {
                "path": kind.path,
                "name": kind.name,
                "severity": kind.severity.label,
                "fix": kind.safety,
                "number": number,
            }
            for kind, number in result.omitted.items()
        ],
    )
    yield "summary", result.summary()


def finding_record(finding: Finding) -> dict[str, Any]:
    """A finding as JSON values."""
    where = finding.location
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.label,
        "path": where.source,
        "line": where.line,
        "end_line": where.end_line,
        "example": where.number,
        "sheet": where.sheet,
        "cell": finding.cell,
        "pointer": finding.pointer,
        "message": finding.message,
        "fixable": is_fixable(finding),
        "fix": None if finding.fix is None else finding.fix.safety,
        "row": finding.row,
    }


def forward(path: str) -> str:
    """A path as services know it: with slashes, `./x` as `x`."""
    slashed = path.replace(os.sep, "/")
    while slashed.startswith("./"):
        slashed = slashed[2:].lstrip("/")
    return slashed or path


def _file(file: FileReport) -> dict[str, Any]:
    tokens = file.tokens
    return {
        "path": file.path,
        "format": file.format,
        "encoding": file.encoding,
        "lines": file.lines,
        "examples": file.examples,
        "container": file.container,
        "notes": list(file.notes),
        "tokens": None
        if tokens is None
        else {
            "encoding": tokens.encoding,
            "examples": tokens.examples,
            "total": tokens.total,
            "largest": tokens.largest,
        },
    }


def _verdict(verdict: TargetVerdict) -> dict[str, Any]:
    return {
        "target": verdict.target,
        "title": verdict.title,
        "path": verdict.path,
        "takes": verdict.takes,
        "layout": verdict.layout,
        "errors": verdict.errors,
        "warnings": verdict.warnings,
        "blockers": [{"name": name, "number": number} for name, number in verdict.blockers],
    }
