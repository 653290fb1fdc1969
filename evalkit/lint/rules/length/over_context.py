# SPDX-License-Identifier: Apache-2.0
"""LEN001."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

if TYPE_CHECKING:
    from evalkit.tokens.chat import Layout

__all__ = ["over_context"]


@rule(
    "LEN001",
    scope="tokens",
    severity="error",
    aliases=("n_too_long",),
    en="{tokens:,} tokens, the limit is {limit:,}: {lost:,} of {learned:,} answer tokens are cut off",
    zh="共 {tokens:,} 个 token，上限 {limit:,}：{learned:,} 个回答 token 中有 {lost:,} 个会被截掉",
)
def over_context(tokens: Layout, *, training_limit: int = 0) -> Iterator[Fault]:
    """## What it does
    Finds examples with more tokens than the model of `--model` may see in training. Without a model
    nothing is counted; with one, only the rows whose bytes do not settle it.
    ## Why is this bad?
    Providers cut from the end: that is the answer to learn. The model learns to stop in the middle.
    Where nothing is left of the answers, `answer-cut-entirely` says so instead.
    ## References
    OpenAI, fine-tuning guide: over-long examples are "truncated" and "removes tokens from the end". The
    cookbook's check counts them as `n_too_long`.
    """
    count = tokens.tokens
    if not count.billed > training_limit > 0:
        return
    left = tokens.learned_within(training_limit)
    if left or not count.learned:  # else answer-cut-entirely says so
        yield Fault(
            args={
                "tokens": count.billed,
                "limit": training_limit,
                "learned": count.learned,
                "lost": count.learned - left,
            }
        )
