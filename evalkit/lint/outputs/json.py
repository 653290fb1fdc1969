# SPDX-License-Identifier: Apache-2.0
"""For machines: everything, never capped (schemas/lint-output.schema.json)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.lint.outputs._jsontext import dumped, finding_record, head
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import Result

__all__ = ["document", "json"]


def json(result: Result, look: Look) -> Iterator[str]:  # noqa: ARG001  (all outputs take it)
    """One JSON document, one finding a line so that it can be read, compared and streamed."""
    before = "{"
    for key, value in head(result):
        yield f"{before}{dumped(key)}: {dumped(value)},"
        before = ""
    yield '"findings": ['
    last = len(result.findings)
    for number, finding in enumerate(result.findings, 1):
        yield dumped(finding_record(finding)) + ("," if number < last else "")
    yield "]}"


def document(result: Result) -> dict[str, Any]:
    """The result as JSON values."""
    return {**dict(head(result)), "findings": [finding_record(f) for f in result.findings]}
