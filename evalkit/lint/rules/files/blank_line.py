# SPDX-License-Identifier: Apache-2.0
"""FIL005."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule

__all__ = ["blank_line"]


@rule(
    "FIL005",
    scope="bytes",
    broken_only=True,
    severity="warning",
    fix="safe",
    en="the line is blank; delete it",
    zh="空行，请删除",
)
def blank_line(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds lines with nothing on them, between records or at the end of the file.
    ## Why is this bad?
    Some trainers read a blank line as a broken record; others count it, so that the numbers of the
    examples in their messages are shifted.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}

    {"messages": [{"role": "user", "content": "Bye"}, {"role": "assistant", "content": "See you!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    {"messages": [{"role": "user", "content": "Bye"}, {"role": "assistant", "content": "See you!"}]}
    ## Fix safety
    The line is deleted; nothing else changes.
    """
    if example.broken is not None and example.broken.kind == "blank":
        yield Fault(fix=Fix("safe", raw=b""))
