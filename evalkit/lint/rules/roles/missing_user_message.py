# SPDX-License-Identifier: Apache-2.0
"""ROL002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["missing_user_message"]


@rule(
    "ROL002",
    scope="example",
    methods=("sft", "preference"),
    severity="warning",
    turns_only=True,
    aliases=("n_missing_user",),
    en="no message has the role `user` (only {roles}); the model learns to speak unasked",
    zh="没有 role 为 user 的消息（只有：{roles}），模型会学成不问自答",
)
def missing_user_message(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds conversations without a user message.
    ## Why is this bad?
    The answer belongs to no question. It is legal, and now and then meant (a greeting, a style), but
    mostly a column or a turn got lost.
    ## Example
    {"messages": [{"role": "system", "content": "Be kind."}, {"role": "assistant", "content": "Yes?"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]}
    ## References
    The cookbook's check counts them as "missing user message" (`n_missing_user`).
    """
    roles = [m.role for m in example.messages]
    if "user" not in roles and "assistant" in roles:
        yield Fault(args={"roles": ", ".join(dict.fromkeys(roles))})
