# SPDX-License-Identifier: Apache-2.0
"""DUP005."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.near import Sketches
from evalkit.lint.rule import rule
from evalkit.lint.texts import asks

__all__ = ["leaked_near_duplicate"]


@rule(
    "DUP005",
    scope="corpus",
    severity="warning",
    default=False,
    fix="drop",
    en="the held-out set has nearly the same: {other}; drop it here, or the test proves little",
    zh="留出集里有几乎相同的样本：{other}；请从这里去掉，否则测试说明不了什么",
)
def leaked_near_duplicate(example: Example, seen: Sketches) -> None:
    """## What it does
    Finds examples that say nearly what one of a held-out file says (`--against valid.jsonl`), question
    and answer together. Those that ask exactly the same are `leaked-example`.
    ## Why is this bad?
    A model that has learned a test question with one word changed is tested on what it knows by heart.
    Off unless selected: rows from one template are alike on purpose.
    ## Fix safety
    `--drop` sets the training example aside; the held-out file is never changed.
    """
    from evalkit.data.similarity import prompt_key, said_text

    if asks(example):
        key = prompt_key(example.messages)
        seen.add(said_text(example.messages), key, example.location)


@leaked_near_duplicate.finish
def leaks(seen: Sketches, held_out: frozenset[str]) -> Iterator[Fault]:
    """What nearly stands on both sides."""
    for location, other in seen.across(held_out):
        yield Fault(location=location, args={"other": other}, fix=Fix.drop())
