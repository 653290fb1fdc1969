# SPDX-License-Identifier: Apache-2.0
"""LAB002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.labels import Labels
from evalkit.lint.rule import rule

__all__ = ["rare_label"]


@rule(
    "LAB002",
    scope="file",
    methods=("sft", "completion"),
    severity="warning",
    en="the label “{label}” has only {number} of {rows:,} rows; add some, or merge it into another",
    zh="标签“{label}”在 {rows:,} 条中只有 {number} 条，请补充，或并入其他标签",
)
def rare_label(example: Example, labels: Labels) -> None:
    """## What it does
    Finds labels with fewer than 5 rows (option `fewest`), or with less than a tenth of an even share.
    Only where the answers are labels: short, fewer kinds of them than a third of the rows, and most
    kinds not rare. Files under 50 examples are left alone.
    ## Why is this bad?
    A class is not learned from a handful of rows, and a split leaves none of them for the test.
    ## References
    Datalab of cleanlab calls a class underrepresented below 0.1 of an even share.
    """
    labels.look_at(example)


@rare_label.finish
def rare(labels: Labels, *, fewest: int = 5, min_rows: int = 50) -> Iterator[Fault]:
    """The first row of each."""
    found = labels.found()
    if not found or labels.rows < min_rows:
        return
    few = [k for k in found if k.number < fewest or 10 * k.number * len(found) < labels.rows]
    if 2 * len(few) >= len(found):
        return  # not the labels of a classifier: short free answers
    for kind in few:
        yield Fault(
            location=kind.first,
            args={"label": kind.text, "number": kind.number, "rows": labels.rows},
        )
