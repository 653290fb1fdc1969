# SPDX-License-Identifier: Apache-2.0
"""SCH009."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.keys import surplus
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["extra_message_key"]


@rule(
    "SCH009",
    scope="shape",
    severity="warning",
    fix="unsafe",
    en="{keys} in a message: strict providers refuse messages with other keys; remove it",
    zh="消息里有多余的键 {keys}：严格的平台会拒收，请删去",
    aliases=("message_unrecognized_key",),
)
def extra_message_key(
    violation: Violation, *, accepted_message_keys: tuple[str, ...] = ()
) -> Iterator[Fault]:
    """## What it does
    Finds keys of messages that chat completions does not know: `id`, `timestamp`, `annotations`,
    `reasoning_content`, `loss_weight`. One finding tells all of a row. Targets say which ones they
    accept (`accepted_message_keys`: `prefix` for Mistral). Layouts that only trainers read are left
    alone.
    ## Why is this bad?
    OpenAI and Azure refuse the file; trainers pass over the key, and what it says is not learned.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "id": "m2"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    Unsafe: what is removed is lost. Reasoning that a trainer shall learn belongs
    into a layout that has a place for it. A key that looks like a misspelled one is left to you.
    ## References
    The cookbook's check calls it `message_unrecognized_key`; it knows `role`, `content`, `name`,
    `function_call` and `weight` alone, and so finds fault with tool calls.
    """
    row, accepted = violation.example.value, frozenset(accepted_message_keys)
    if extra := surplus(row, violation.value, violation.wanted, accepted):
        fix = Fix("unsafe", edits=extra.edits) if extra.edits else None
        yield Fault(pointer=extra.pointer, args={"keys": extra.shown}, fix=fix)
