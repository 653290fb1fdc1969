# SPDX-License-Identifier: Apache-2.0
"""SCH004."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["missing_role"]


@rule(
    "SCH004",
    scope="shape",
    severity="error",
    en="the message has no role; add `user`, `assistant` or whoever speaks",
    zh="消息没有 role；请写明 user、assistant 等说话方",
    aliases=("message_missing_key",),
)
def missing_role(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds messages without a `role` (`from` in ShareGPT).
    ## Why is this bad?
    Nobody can tell who speaks; providers refuse the file.
    ## Example
    {"messages": [{"content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    OpenAI: "Example 100, message 2 Discriminator 'role' is missing in value". The cookbook's check
    calls it `message_missing_key`.
    """
    yield Fault(pointer=violation.pointer)
