# SPDX-License-Identifier: Apache-2.0
"""A table that lacks a column is a finding of that file, not a file that cannot be read."""

from __future__ import annotations

from evalkit.core.errors import EvalkitError
from evalkit.core.location import Location
from evalkit.lint.result import FileReport
from evalkit.lint.walk import Walk

__all__ = ["without_column"]


def without_column(walk: Walk, error: EvalkitError, path: str) -> FileReport | None:
    """Report the missing column to the walk; None where that is not the error, or nobody asks."""
    from evalkit.data.columns import MissingColumnError

    asked = [r for r in walk.of("file") if r.run.rule.name == "missing-column"]
    if not isinstance(error, MissingColumnError) or not asked:
        return None
    report = FileReport(
        path=path,
        format="openai-chat",
        container="table",
        headers=error.headers,
        columns=error.columns,
    )
    for running in asked:
        walk.late(running, Location(source=path), file=report)
    return report
