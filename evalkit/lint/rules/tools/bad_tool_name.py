# SPDX-License-Identifier: Apache-2.0
"""TLS006."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.calls import TOOL_NEEDLES, declared
from evalkit.lint.rule import rule

__all__ = ["bad_tool_name"]


@cache
def _allowed() -> re.Pattern[str]:
    return re.compile(r"[a-zA-Z0-9_-]{1,64}")


@rule(
    "TLS006",
    scope="example",
    severity="error",
    needles=TOOL_NEEDLES,
    en="a tool is named `{name}`; use 1 to 64 letters (a-z, A-Z), digits, _ and -",
    zh="工具名为 `{name}`；只能用 1 到 64 个英文字母、数字、_ 和 -",
)
def bad_tool_name(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds tools whose name has other characters than ASCII letters, digits, _ and -, or more than 64.
    Layouts that only local trainers read are left alone.
    ## Why is this bad?
    Servers refuse such names, in training and later with each request.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}], "tools": [{"type": "function", "function": {"name": "say hello"}}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}], "tools": [{"type": "function", "function": {"name": "say_hello"}}]}
    ## References
    openai-openapi, 2025-06, `FunctionObject.name`: "Must be a-z, A-Z, 0-9, or contain underscores and
    dashes, with a maximum length of 64". mistral-finetune has the same pattern.
    """
    for tool in declared(example):
        if tool.own and not _allowed().fullmatch(tool.name):
            yield Fault(pointer=f"{tool.pointer}/name", args={"name": tool.name})
