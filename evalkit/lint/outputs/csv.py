# SPDX-License-Identifier: Apache-2.0
"""One finding a record, for spreadsheets and data frames: everything, never capped.

No cell can be taken for a formula: those that might be are guarded by a `'`.
"""

from __future__ import annotations

import csv as _csv
import io
from collections.abc import Iterator

from evalkit.core.printable import printable
from evalkit.data.cells import guarded
from evalkit.lint.outputs._jsontext import finding_record
from evalkit.lint.outputs._look import Look
from evalkit.lint.result import Result

__all__ = ["HEADERS", "csv"]

HEADERS = (
    "path", "line", "end_line", "example", "sheet", "cell", "pointer", "severity", "code", "name",
    "message", "fix", "row",
)  # fmt: skip


def csv(result: Result, look: Look) -> Iterator[str]:  # noqa: ARG001  (all outputs take it)
    """A header, then the findings; what is not known is an empty cell."""
    yield _record(HEADERS)
    for finding in result.findings:
        values = finding_record(finding)
        yield _record([_cell(values[header]) for header in HEADERS])


def _cell(value: object) -> str:
    return "" if value is None else guarded(printable(str(value)))


def _record(cells: tuple[str, ...] | list[str]) -> str:
    line = io.StringIO()
    _csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
