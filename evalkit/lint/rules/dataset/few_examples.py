# SPDX-License-Identifier: Apache-2.0
"""SET002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["few_examples"]


@rule(
    "SET002",
    scope="file",
    severity="info",
    default=False,
    en="{examples} examples are few: {min_advised} and more are advised; add some",
    zh="{examples} 个样本偏少，建议至少 {min_advised} 个，请补充",
)
def few_examples(
    file: FileReport, *, min_advised: int = 50, min_examples: int = 0
) -> Iterator[Fault]:
    """## What it does
    Finds files with fewer examples than are advised (option `min_advised`). Off unless it is selected
    or the target gives it a severity: for a first try and for test sets a few rows are enough. Files
    below what the target takes at all are `too-few-examples`.
    ## Why is this bad?
    A job may take them, and mostly learns little.
    ## References
    OpenAI's guide on supervised fine-tuning: "We recommend starting with 50 well-crafted
    demonstrations". `prepare_data` advised a few hundred where there were under 100.
    """
    if min_examples <= file.examples < min_advised and file.examples:
        yield Fault(args={"examples": file.examples, "min_advised": min_advised})
