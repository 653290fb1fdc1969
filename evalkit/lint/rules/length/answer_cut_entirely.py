# SPDX-License-Identifier: Apache-2.0
"""LEN002."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule

if TYPE_CHECKING:
    from evalkit.tokens.chat import Layout

__all__ = ["answer_cut_entirely"]


@rule(
    "LEN002",
    scope="tokens",
    methods=("sft", "completion"),
    severity="error",
    fix="drop",
    en="{before:,} tokens stand before the answer, the limit is {limit:,}: nothing is left to learn",
    zh="回答之前已有 {before:,} 个 token，上限 {limit:,}：没有可学的内容剩下",
)
def answer_cut_entirely(tokens: Layout, *, training_limit: int = 0) -> Iterator[Fault]:
    """## What it does
    Finds examples whose answers all lie behind the most tokens that the model of `--model` may see in
    training. `over-context` reports those that keep a part of their answers.
    ## Why is this bad?
    Providers cut from the end. The example is paid for, and teaches nothing.
    ## Fix safety
    `--drop` sets it aside: what may be cut from the question is not known.
    ## References
    OpenAI, fine-tuning guide: examples that are too long are truncated, from their end. axolotl 0.19 drops
    rows without a token to learn, with a warning.
    """
    learned = tokens.tokens.learned
    if training_limit <= 0 or not learned or tokens.learned_within(training_limit):
        return
    before = tokens.before
    for overhead, said, learns, images in tokens.messages:
        before += overhead + images
        if learns and said:
            break
        before += said
    yield Fault(args={"before": before, "limit": training_limit}, fix=Fix.drop())
