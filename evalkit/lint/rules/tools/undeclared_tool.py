# SPDX-License-Identifier: Apache-2.0
"""TLS004."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.calls import CALL_NEEDLES, calls, declared
from evalkit.lint.rule import rule

__all__ = ["undeclared_tool"]


@rule(
    "TLS004",
    scope="example",
    severity="error",
    needles=CALL_NEEDLES,
    en="`{tool}` is called, and the row offers only {known}; define it or mend the name",
    zh="调用了 `{tool}`，而这一行只提供 {known}；请补上定义或改正名称",
)
def undeclared_tool(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds calls of tools that are not among those that the row defines. Rows that define none are left
    alone: there the tools may stand in the system prompt.
    ## Why is this bad?
    The model learns to invent functions.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "multiply", "arguments": "{}"}}]}], "tools": [{"type": "function", "function": {"name": "times"}}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{}"}}]}], "tools": [{"type": "function", "function": {"name": "times"}}]}
    """
    made = calls(example)
    known = [tool.name for tool in declared(example)] if made else ()
    for call in made:
        if known and call.name not in known:
            args = {"tool": call.name, "known": ", ".join(dict.fromkeys(known))}
            yield Fault(pointer=call.pointer, args=args)
