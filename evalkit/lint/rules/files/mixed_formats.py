# SPDX-License-Identifier: Apache-2.0
"""FIL011."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["mixed_formats"]


@rule(
    "FIL011",
    scope="shape",
    severity="error",
    en="this row is of the layout `{own}`, but the file's is {file}; convert one of them",
    zh="这一行的格式是 `{own}`，而文件的格式是 {file}；请统一格式",
)
def mixed_formats(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds rows whose keys are those of another layout than the file's, which is that of most of its
    first rows.
    ## Why is this bad?
    One job reads one layout: providers refuse the file, and trainers leave such rows out or learn
    empty ones. `evalkit convert` writes rows of one layout in another.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    {"messages": [{"role": "user", "content": "Bye"}, {"role": "assistant", "content": "See you!"}]}
    {"prompt": "Where is my parcel?", "completion": "It arrives tomorrow."}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    {"messages": [{"role": "user", "content": "Bye"}, {"role": "assistant", "content": "See you!"}]}
    {"messages": [{"role": "user", "content": "Where is my parcel?"}, {"role": "assistant", "content": "It arrives tomorrow."}]}
    ## References
    Together, client 1.5.35: one of its layouts for all lines of a file, and one layout in a line.
    """
    known = violation.example.format
    file = f"`{known.name}`" if known is not None else "?"
    yield Fault(args={"own": violation.wanted, "file": file})
