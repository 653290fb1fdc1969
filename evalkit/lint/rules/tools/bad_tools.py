# SPDX-License-Identifier: Apache-2.0
"""TLS005."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["bad_tools"]


@rule(
    "TLS005",
    scope="shape",
    severity="error",
    en="malformed tool definition: {what}",
    zh="工具定义的结构不对：{what}",
)
def bad_tools(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds tools that are no list of objects, or lack their type, function or name.
    ## Why is this bad?
    Providers refuse the file, or fail the job with "internal error".
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}], "tools": [{"type": "function"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}], "tools": [{"type": "function", "function": {"name": "greet"}}]}
    """
    where = violation.pointer.rpartition("/")[2]
    what = (
        f"`{violation.missing}` is missing" if violation.missing else f"`{where}` has a wrong type"
    )
    yield Fault(pointer=violation.pointer, args={"what": what})
