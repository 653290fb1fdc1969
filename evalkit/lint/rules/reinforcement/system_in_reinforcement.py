# SPDX-License-Identifier: Apache-2.0
"""RFT002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.calls import is_own
from evalkit.lint.rule import rule

__all__ = ["system_in_reinforcement"]


@rule(
    "RFT002",
    scope="example",
    methods=("rft",),
    severity="error",
    fix="safe",
    turns_only=True,
    en="reinforcement knows no role `system`; write `developer`",
    zh="强化训练不支持 role system；请写成 developer",
)
def system_in_reinforcement(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds messages of the role `system` in reinforcement rows.
    ## Why is this bad?
    Reasoning models take instructions from `developer`; servers refuse the row.
    ## Example
    {"messages": [{"role": "system", "content": "Answer with a number."}, {"role": "user", "content": "6 x 7?"}], "reference_answer": "42"}
    ## Use instead
    {"messages": [{"role": "developer", "content": "Answer with a number."}, {"role": "user", "content": "6 x 7?"}], "reference_answer": "42"}
    ## Fix safety
    `developer` is what these models call the same thing.
    ## References
    openai-openapi, 2025-06, `FineTuneReinforcementRequestInput`: developer, user, assistant and tool
    messages.
    """
    for message in example.messages:
        if message.role == "system":
            own = is_own(example, message)
            fix = Fix("safe", edits={f"{message.pointer}/role": "developer"}) if own else None
            yield Fault(pointer=message.pointer, fix=fix)
