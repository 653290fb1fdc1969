# SPDX-License-Identifier: Apache-2.0
"""LAB003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.labels import Labels
from evalkit.lint.rule import rule

__all__ = ["class_imbalance"]


@rule(
    "LAB003",
    scope="file",
    methods=("sft", "completion"),
    severity="info",
    en="“{label}” is {share:.0%} of the answers ({number:,} of {rows:,}, {kinds} labels): saying it always "
    "is right that often; add rows of the others, and judge by macro F1",
    zh="“{label}”占全部回答的 {share:.0%}（{rows:,} 条中的 {number:,} 条，共 {kinds} 个标签）：只答它就有这样的正确率；"
    "请补充其他标签的样本，并用宏平均 F1 评判",
)
def class_imbalance(example: Example, labels: Labels) -> None:
    """## What it does
    Finds sets in which one label has half of the rows and more, and 5 times as many as the others have
    on average (option `ratio`). Only where the answers are labels. Files under 50 examples are left
    alone.
    ## Why is this bad?
    A model that always gives the frequent answer looks good by accuracy and is of no use.
    """
    labels.look_at(example)


@class_imbalance.finish
def imbalance(labels: Labels, *, ratio: float = 5.0, min_rows: int = 50) -> Iterator[Fault]:
    """Once for the file."""
    found = labels.found()
    if len(found) < 2 or labels.rows < min_rows:
        return
    most = found[0]
    rest = labels.rows - most.number
    if 2 * most.number >= labels.rows and most.number * (len(found) - 1) >= ratio * rest:
        yield Fault(
            args={
                "label": most.text,
                "share": most.number / labels.rows,
                "number": most.number,
                "rows": labels.rows,
                "kinds": len(found),
            }
        )
