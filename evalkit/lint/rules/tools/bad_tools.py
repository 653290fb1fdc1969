# SPDX-License-Identifier: Apache-2.0
"""TLS017."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["bad_tools"]


@rule(
    "TLS017",
    scope="shape",
    severity="error",
    en="malformed tool definition: {what}",
    zh="工具定义的结构不对：{what_zh}",
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
    ## References
    OpenAI: "Missing required parameter: 'tools[0].type'".
    """
    where = violation.missing or violation.pointer.rpartition("/")[2]
    what, what_zh = f"`{where}` has a wrong type", f"`{where}` 的类型不对"
    if violation.missing:
        what, what_zh = f"`{where}` is missing", f"缺少 `{where}`"
    yield Fault(pointer=violation.pointer, args={"what": what, "what_zh": what_zh})
