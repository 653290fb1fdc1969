# SPDX-License-Identifier: Apache-2.0
"""TLS001."""

from __future__ import annotations

import json
from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["bad_tool_calls"]


@rule(
    "TLS001",
    scope="shape",
    severity="error",
    fix="safe",
    en="malformed tool call: {what}",
    zh="工具调用的结构不对：{what}",
)
def bad_tool_calls(violation: Violation) -> Iterator[Fault]:
    r"""## What it does
    Finds tool calls without a function or a name, and arguments that are an object: they must be its
    JSON as text.
    ## Why is this bad?
    Providers refuse the file, or fail the job with "internal error".
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": {"x": 6, "y": 7}}}]}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}]}
    ## Fix safety
    Arguments that are an object are written as JSON text, which says the same.
    ## References
    openai-openapi, 2025-06: `ChatCompletionMessageToolCall.function.arguments` is a string.
    """
    value = violation.value
    where = violation.pointer.rpartition("/")[2]
    fix = None
    if where == "arguments" and isinstance(value, dict | list):
        text = json.dumps(value, ensure_ascii=False)
        fix = Fix("safe", edits={violation.pointer: text})
    what = (
        f"`{violation.missing}` is missing" if violation.missing else f"`{where}` has a wrong type"
    )
    yield Fault(pointer=violation.pointer, args={"what": what}, fix=fix)
