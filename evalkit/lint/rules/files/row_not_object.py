# SPDX-License-Identifier: Apache-2.0
"""FIL004."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule

__all__ = ["row_not_object"]


@rule(
    "FIL004",
    scope="bytes",
    broken_only=True,
    severity="error",
    fix="drop",
    aliases=("data_type",),
    en="the row is {type}, not an object; put each example into one object",
    zh="该行是{type_zh}，不是对象；每个样本应是一个对象",
)
def row_not_object(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds lines whose JSON value is a list, a string, a number, true, false or null.
    ## Why is this bad?
    Every training format is one object per line.
    ## Example
    {"messages": [{"role": "user", "content": "Bye"}, {"role": "assistant", "content": "See you!"}]}
    [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    `--drop` sets the line aside: what it was meant to be is not known.
    ## References
    OpenAI: "Expected file to have JSONL format, where every line is a JSON dictionary".
    """
    if example.broken is not None and example.broken.kind == "not-object":
        args = example.broken.args
        yield Fault(
            args={"type": args.get("type", "?"), "type_zh": args.get("type_zh", "?")},
            fix=Fix.drop(),
        )
