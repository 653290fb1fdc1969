# SPDX-License-Identifier: Apache-2.0
"""TAB002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["ragged_row"]


@rule(
    "TAB002",
    scope="bytes",
    broken_only=True,
    severity="error",
    en="the row does not fit its header: {reason}",
    zh="这一行与表头不符：{reason_zh}",
)
def ragged_row(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds rows of a table with more cells than the header has, or none for the question or the answer,
    and rows that cannot be read as cells: a quote in them is never closed.
    ## Why is this bad?
    Mostly a text with a comma in it was not quoted: its end stands in another column, and what would be
    learned is cut off.
    """
    broken = example.broken
    if broken is not None and broken.kind == "ragged":
        shown = {name: broken.args.get(name, "") for name in ("reason", "reason_zh")}
        yield Fault(args=shown)
