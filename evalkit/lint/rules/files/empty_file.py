# SPDX-License-Identifier: Apache-2.0
"""FIL001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.result import FileReport
from evalkit.lint.rule import rule

__all__ = ["empty_file"]


@rule(
    "FIL001",
    scope="file",
    severity="error",
    en="the file holds no example; was it written to the end?",
    zh="文件里没有任何样本，是否没有写完？",
)
def empty_file(file: FileReport) -> Iterator[Fault]:
    """## What it does
    Finds files without a single record: 0 bytes, blank lines only, or a table with its header only.
    ## Why is this bad?
    No provider takes such a file, and a script that wrote nothing has usually failed earlier.
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    OpenAI: "Training file has 0 example(s), but must have at least 10 examples".
    """
    if not file.examples:
        yield Fault()
