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
    zh="工具调用的结构不对：{what_zh}",
)
def bad_tool_calls(violation: Violation) -> Iterator[Fault]:
    r"""## What it does
    Finds tool calls without a function, a name or arguments, and arguments that are an object: they must
    be its JSON as text.
    ## Why is this bad?
    Providers refuse the file, or fail the job with "internal error".
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": {"x": 6, "y": 7}}}]}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}]}
    ## Fix safety
    Arguments that are an object are written as JSON text, and where there are none as `{}`: both say the
    same.
    ## References
    openai-openapi, 2025-06: `ChatCompletionMessageToolCall.function.arguments` is a string.
    """
    value, pointer = violation.value, violation.pointer
    where = violation.missing or pointer.rpartition("/")[2]
    fix = None
    if violation.missing == "arguments":
        fix = Fix("safe", edits={pointer: {**value, "arguments": "{}"}})
    elif where == "arguments" and isinstance(value, dict | list):
        fix = Fix("safe", edits={pointer: json.dumps(value, ensure_ascii=False)})
    what, what_zh = f"`{where}` has a wrong type", f"`{where}` 的类型不对"
    if violation.missing:
        what, what_zh = f"`{where}` is missing", f"缺少 `{where}`"
    elif where == "arguments":
        what, what_zh = "`arguments` must be JSON as text", "`arguments` 应为 JSON 文本"
    yield Fault(pointer=pointer, args={"what": what, "what_zh": what_zh}, fix=fix)
