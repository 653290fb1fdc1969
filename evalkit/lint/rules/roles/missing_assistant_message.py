# SPDX-License-Identifier: Apache-2.0
"""ROL001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule

__all__ = ["missing_assistant_message"]


@rule(
    "ROL001",
    scope="example",
    methods=("sft",),
    severity="error",
    fix="drop",
    turns_only=True,
    aliases=("example_missing_assistant_message",),
    en="no message has the role `assistant` (only {roles}); add the reply to learn",
    zh="没有 role 为 assistant 的消息（只有：{roles}），请补上要学的回答",
)
def missing_assistant_message(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds conversations without an assistant message.
    ## Why is this bad?
    Training learns from assistant messages only.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]}
    ## Fix safety
    `--drop` sets it aside: no reply can be invented.
    ## References
    The cookbook's check calls it `example_missing_assistant_message`.
    """
    roles = [m.role for m in example.messages]  # the format's view: sharegpt too
    if "assistant" not in roles:
        yield Fault(args={"roles": ", ".join(dict.fromkeys(roles)) or "–"}, fix=Fix.drop())
