# SPDX-License-Identifier: Apache-2.0
"""SCH003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["message_not_object"]


@rule(
    "SCH003",
    scope="shape",
    severity="error",
    en="the message is not an object with `role` and `content`",
    zh="消息不是带有 `role` 和 `content` 的对象",
)
def message_not_object(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds messages that are a string, a number, a list or null.
    ## Why is this bad?
    Nobody can tell who speaks; providers refuse the file.
    ## Example
    {"messages": ["Hi", "Hello!"]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    """
    yield Fault(pointer=violation.pointer)
