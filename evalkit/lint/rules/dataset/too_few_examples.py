# SPDX-License-Identifier: Apache-2.0
"""SET001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["too_few_examples"]


@rule(
    "SET001",
    scope="file",
    severity="error",
    en="the target wants {min_examples} examples at least, not {examples}; add some",
    zh="只有 {examples} 个样本，目标平台至少要 {min_examples} 个",
)
def too_few_examples(file: FileReport, *, min_examples: int = 0) -> Iterator[Fault]:
    """## What it does
    Finds files with fewer examples than the target takes (its limit `min_examples`).
    ## Why is this bad?
    The upload works, and the job fails.
    ## References
    OpenAI: "invalid_n_examples: Training file has 7 example(s), but must have at least 10 examples".
    """
    if 0 < file.examples < min_examples:
        yield Fault(args={"examples": file.examples, "min_examples": min_examples})
