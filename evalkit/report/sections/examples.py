# SPDX-License-Identifier: Apache-2.0
"""The rows that changed sides: broken ones first, then fixed ones."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from evalkit.evaluation.result import Row, Run
from evalkit.page.markup import data, fill, row_link
from evalkit.page.numbers import count
from evalkit.page.phrase import Text, capital
from evalkit.report.judge_said import is_pairwise, judge_said
from evalkit.report.names import model_name
from evalkit.report.outcomes import (
    Outcome,
    change_of,
    counts,
    is_binary,
    outcome_name,
    outcomes,
)
from evalkit.report.reading import asked, shared_start
from evalkit.report.repeated import answered
from evalkit.report.section import section

__all__ = ["examples"]

_MOST = 20


@section(
    order=60,
    en="Changed rows",
    zh="变化的行",
    applies=lambda run: run.base is not None and bool(run.rows),
)
def examples(run: Run, text: Text) -> Markup:
    """Counts of every outcome with a link to them, and up to 20 rows of each that changed."""
    kinds: Sequence[Outcome] = (
        ("broken", "fixed", "wrong", "right", "unscored")
        if is_binary(run)
        else ("lower", "higher", "same", "unscored")
    )
    found, named, start = counts(run), outcomes(run), shared_start(run)
    groups = []
    for what in kinds[:2]:
        rows = [row for row, o in zip(run.rows, named, strict=True) if o == what]
        if what in ("lower", "higher"):
            rows.sort(key=lambda row: -abs(change_of(row, run)))
        if rows:
            groups.append(
                {
                    "what": what,
                    "name": capital(outcome_name(what, pairwise=is_pairwise(run))),
                    "n": count(len(rows)),
                    "open": what in ("broken", "lower"),
                    "rows": [_line(run, row, start) for row in rows[:_MOST]],
                    "more": max(0, len(rows) - _MOST),
                }
            )
    names = [n for n in (run.base, run.candidate) if n is not None]
    return fill(
        "evalkit.report.sections",
        "examples.html",
        text=text,
        counts=[
            (what, outcome_name(what, pairwise=is_pairwise(run)), count(found[what]))
            for what in kinds
            if found[what]
        ],
        groups=groups,
        names=[model_name(run, name) for name in names],
        expects=any(row.expected for row in run.rows),
    )


def _line(run: Run, row: Row, start: int) -> tuple[str, Markup, Markup, list[Markup]]:
    names = [n for n in (run.base, run.candidate) if n is not None]
    return (
        row_link(row.id),
        data(asked(row, start), 300),
        data(row.expected, 300),
        [
            answered(row.answers.get(n), run, row.expected, 300)
            + (judge_said(run, row, 300) if n == run.candidate else Markup())
            for n in names
        ],
    )
