# SPDX-License-Identifier: Apache-2.0
"""SCH011."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.finding import Fault, Fix
from evalkit.core.pointer import at
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["bad_weight"]

_MEANT = {"1": 1, "0": 0, "1.0": 1, "0.0": 0, "true": 1, "false": 0}


@rule(
    "SCH011",
    scope="shape",
    severity="error",
    fix="safe",
    en="`weight` is {weight}; {wanted:en}",
    zh="`weight` 为 {weight}；{wanted:zh}",
)
def bad_weight(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds weights that are not the integer 0 or 1 (true, "1", 0.5), and weights of messages that are not
    the assistant's. LLaMA-Factory's `loss_weight` may be any number.
    ## Why is this bad?
    `weight` says whether an assistant message is learned. Providers refuse everything else.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "weight": "1"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "weight": 1}]}
    ## Fix safety
    Values that mean 0 or 1 are written as such; 0.5 is left to you. The weight of a message that is
    not learned anyway is removed.
    ## References
    openai-openapi, 2025-06: `weight` stands at assistant messages alone, an integer, 0 or 1.
    """
    owner, _, key = violation.pointer.rpartition("/")
    message = at(violation.example.value, owner)
    weight = violation.value
    if key == "weight" and message.get("role") != "assistant":
        wanted = Phrase("only answers have one; remove it", "只有 assistant 消息可以有，请删去")
        edits: dict[str, Any] = {owner: {k: v for k, v in message.items() if k != key}}
    else:
        wanted = Phrase("it must be the number 0 or 1", "只能是数字 0 或 1")
        if key == "loss_weight":
            wanted = Phrase("it must be a number", "应为数字")
        meant = _MEANT.get(str(weight).strip().lower())
        edits = {} if meant is None else {violation.pointer: meant}
    fix = Fix("safe", edits=edits) if edits else None
    args = {"weight": repr(weight), "wanted": wanted}
    yield Fault(pointer=violation.pointer, args=args, fix=fix)
