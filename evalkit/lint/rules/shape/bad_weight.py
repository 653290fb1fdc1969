# SPDX-License-Identifier: Apache-2.0
"""SCH011."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["bad_weight"]

_MEANT = {"1": 1, "0": 0, "1.0": 1, "0.0": 0, "true": 1, "false": 0}


@rule(
    "SCH011",
    scope="shape",
    severity="error",
    fix="safe",
    en="`weight` is {weight}; it must be the number 0 or 1, on an assistant message",
    zh="`weight` 为 {weight}；只能是数字 0 或 1，且只用于 assistant 消息",
)
def bad_weight(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds weights that are not the integer 0 or 1: true, "1", 0.5.
    ## Why is this bad?
    `weight` says whether an assistant message is learned. Providers refuse everything else.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "weight": "1"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "weight": 1}]}
    ## Fix safety
    Values that mean 0 or 1 are written as such; 0.5 is left to you.
    """
    weight = violation.value
    meant = _MEANT.get(str(weight).strip().lower())
    fix = None if meant is None else Fix("safe", edits={violation.pointer: meant})
    yield Fault(pointer=violation.pointer, args={"weight": repr(weight)}, fix=fix)
