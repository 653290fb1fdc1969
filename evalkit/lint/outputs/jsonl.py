# SPDX-License-Identifier: Apache-2.0
"""For machines that read line by line: everything, never capped."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.lint.outputs._jsontext import dumped, finding_record, head
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import Result

__all__ = ["jsonl"]


def jsonl(result: Result, look: Look) -> Iterator[str]:  # noqa: ARG001  (all outputs take it)
    """First a line with what `json` says beside its findings, then a line for each finding."""
    yield dumped(dict(head(result)))
    for finding in result.findings:
        yield dumped(finding_record(finding))
