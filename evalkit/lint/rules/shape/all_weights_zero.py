# SPDX-License-Identifier: Apache-2.0
"""SCH012."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule

__all__ = ["all_weights_zero"]


@rule(
    "SCH012",
    scope="example",
    methods=("sft",),
    severity="error",
    fix="drop",
    needles=(b'"weight"', b'"loss_weight"'),
    en="every assistant message has the weight 0: there is nothing to learn",
    zh="所有 assistant 消息的 weight 都是 0：没有可学的内容",
)
def all_weights_zero(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds conversations in which no assistant message is learned, since each has `weight` 0
    (`loss_weight` in LLaMA-Factory's v1).
    ## Why is this bad?
    The row is paid for and teaches nothing.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "weight": 0}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "weight": 1}]}
    ## Fix safety
    `--drop` sets the row aside: which answer is worth learning is for you to say.
    ## References
    axolotl 0.19.0 leaves out rows without tokens to train, and fails where none is left.
    """
    answers = [message for message in example.messages if message.role == "assistant"]
    if answers and all(message.value.get("weight") == 0 for message in answers):
        yield Fault(pointer=answers[-1].pointer, fix=Fix.drop())
