# SPDX-License-Identifier: Apache-2.0
"""SCH006."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["missing_content"]


@rule(
    "SCH006",
    scope="shape",
    severity="error",
    en="{what:en} (and no tool call that would stand for it)",
    zh="{what:zh}（也没有可以代替它的工具调用）",
    aliases=("message_missing_key", "missing_content"),
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
    what = Phrase("the message has no content", "消息没有 content")
    if violation.missing and not violation.pointer:
        key = f"`{violation.missing}`"
        what = Phrase(f"the row has no {key}", f"这一行没有 {key}")
    yield Fault(pointer=violation.pointer, args={"what": what})
