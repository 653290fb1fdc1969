# SPDX-License-Identifier: Apache-2.0
"""SCH010."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["bad_name"]


@rule(
    "SCH010",
    scope="shape",
    severity="warning",
    en="`name` must be text, of letters, digits, _ and - (64 at most)",
    zh="`name` 必须是文本，只含字母、数字、_ 和 -（最多 64 个）",
)
def bad_name(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds names of speakers that are not text.
    ## Why is this bad?
    Providers refuse the file.
    ## Example
    {"messages": [{"role": "user", "name": 7, "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "name": "ada", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    """
    yield Fault(pointer=violation.pointer)
