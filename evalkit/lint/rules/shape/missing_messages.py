# SPDX-License-Identifier: Apache-2.0
"""SCH002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["missing_messages"]


@rule(
    "SCH002",
    scope="shape",
    severity="error",
    en="the conversation is missing, empty or not a list",
    zh="对话缺失、为空，或不是列表",
)
def missing_messages(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds rows whose list of messages is absent, empty, null, or something else than a list.
    ## Why is this bad?
    There is nothing to learn; providers refuse the file.
    ## Example
    {"messages": []}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    OpenAI: "missing key 'messages'". The cookbook's check calls it `missing_messages_list`.
    """
    yield Fault(pointer=violation.pointer)
