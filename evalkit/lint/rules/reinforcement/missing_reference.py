# SPDX-License-Identifier: Apache-2.0
"""RFT003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["missing_reference"]

_PROMPT = frozenset({"messages", "tools", "functions", "parallel_tool_calls"})


@rule(
    "RFT003",
    scope="example",
    methods=("rft",),
    severity="error",
    en="nothing beside `messages` that a grader could read; add a key such as `reference_answer`",
    zh="`messages` 之外没有评分器可读的内容；请加上 `reference_answer` 之类的键",
)
def missing_reference(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds reinforcement rows that hold a prompt and nothing else.
    ## Why is this bad?
    Graders compare the answer with `{{item.KEY}}`. Without a key every answer is worth the same, unless a
    model grades it by the prompt alone: ignore the rule then.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}], "reference_answer": "42"}
    """
    if _PROMPT.issuperset(example.value):
        yield Fault()
