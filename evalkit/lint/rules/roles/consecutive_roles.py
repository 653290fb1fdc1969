# SPDX-License-Identifier: Apache-2.0
"""ROL004."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["consecutive_roles"]


@rule(
    "ROL004",
    scope="example",
    methods=("sft", "preference"),
    severity="info",
    default=False,
    turns_only=True,
    en="two messages of `{role}` in a row; join them or add what was said between them",
    zh="连续两条消息的 role 都是 {role}；请合并，或补上中间的话",
)
def consecutive_roles(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds user, assistant and system messages that follow one of the same role. Off unless the target
    minds it: OpenAI takes them (its own vision sample has two user messages), others refuse the file.
    ## Why is this bad?
    Chat templates that want turns in alternation fail, or drop the row.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "user", "content": "Are you there?"}, {"role": "assistant", "content": "Yes?"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi. Are you there?"}, {"role": "assistant", "content": "Yes?"}]}
    ## References
    Together's client 1.5.35 refuses the file; LLaMA-Factory 0.9.5, data/converter.py, warns "Invalid role
    tag" and trains on an empty example instead; Amazon Nova wants turns in alternation.
    """
    for before, message in pairwise(example.messages):
        if message.role == before.role and message.role not in ("tool", "function"):
            yield Fault(pointer=message.pointer, args={"role": message.role})
            return
