# SPDX-License-Identifier: Apache-2.0
"""The rows of a run as CSV, in the columns that the page exports; no cell can be a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from math import isnan

from evalkit.core.printable import printable
from evalkit.data.cells import guarded
from evalkit.evaluation.result import Row, Run
from evalkit.report.outcomes import outcomes
from evalkit.report.reading import given, question
from evalkit.report.rows_data import slice_fields

__all__ = ["rows_csv"]


def rows_csv(run: Run, *, head: bool = True) -> Iterator[str]:
    """Lines without their ends: a header, then every row of the run, none left out.

    Line feeds within texts are kept; other control characters are written out.

    Args:
        run: Whose rows.
        head: Whether the header comes first.
    """
    names = [card.name for card in run.models]
    fields = list(slice_fields(run))
    if head:
        columns = ["row", "id", "source", "line", *fields, "question", "expected", "outcome"]
        columns += [f"{name}{part}" for name in names for part in ("", " score", " error")]
        yield _record(columns)
    for number, (row, what) in enumerate(zip(run.rows, outcomes(run), strict=True), 1):
        cells = [str(number), row.id, row.source, str(row.line)]
        cells += [row.slices.get(field, "") for field in fields]
        cells += [question(row), row.expected, what]
        for name in names:
            cells += _answer(row, name, run)
        yield _record(cells)


def _answer(row: Row, name: str, run: Run) -> list[str]:
    found = row.answers.get(name)
    if found is None:
        return ["", "", ""]
    score = "" if isnan(found.score) else f"{found.score:.12g}"
    return [given(found, run), score, found.error or ""]


def _record(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([guarded(_lines(cell)) for cell in cells])
    return line.getvalue()


def _lines(text: str) -> str:
    return "\n".join(printable(part) for part in text.replace("\r\n", "\n").split("\n"))
