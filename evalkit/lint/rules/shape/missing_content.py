# SPDX-License-Identifier: Apache-2.0
"""SCH006."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["missing_content"]


@rule(
    "SCH006",
    scope="shape",
    severity="error",
    en="the message has no content (and no tool call that would stand for it)",
    zh="消息没有 content（也没有可以代替它的工具调用）",
)
def missing_content(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds messages whose `content` is absent or null, but for assistant messages with `tool_calls`,
    `function_call`, `refusal` or `audio`, where that is legal.
    ## Why is this bad?
    There is nothing to read or to learn; providers refuse the file.
    ## Example
    {"messages": [{"role": "user"}, {"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    The cookbook's check calls it `missing_content`.
    """
    yield Fault(pointer=violation.pointer)
