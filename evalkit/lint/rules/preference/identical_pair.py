# SPDX-License-Identifier: Apache-2.0
"""PRF002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.pairs import pair
from evalkit.lint.rule import rule

__all__ = ["identical_pair"]


@rule(
    "PRF002",
    scope="example",
    methods=("preference",),
    severity="error",
    fix="drop",
    en="the better and the worse answer are the same; set the row aside",
    zh="较好的和较差的回答完全相同；请移除这一行",
)
def identical_pair(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds pairs whose two answers are equal, character by character.
    ## Why is this bad?
    Nothing can be learned from them, and you pay for their tokens. ms-swift refuses them.
    ## Example
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    ## Fix safety
    `--drop` sets the row aside: which of the answers should differ cannot be known.
    """
    both = pair(example)
    if both is not None and both[0].messages and both[0].same_as(both[1]):
        yield Fault(pointer=both[1].pointer, fix=Fix.drop())
