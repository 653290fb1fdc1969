# SPDX-License-Identifier: Apache-2.0
"""DUP004."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.texts import asks

__all__ = ["leaked_example"]


@rule(
    "DUP004",
    scope="corpus",
    severity="error",
    fix="drop",
    en="the held-out set asks the same: {other}; drop it here, or the test proves nothing",
    zh="留出集里有同样的提问：{other}；请从这里去掉，否则测试无效",
)
def leaked_example(example: Example, seen: Groups) -> None:
    """## What it does
    Finds examples whose prompt also stands in a held-out file (`--against valid.jsonl`).
    ## Why is this bad?
    A model is then tested on what it has learned by heart, and looks better than it is.
    ## Fix safety
    `--drop` sets the training example aside; the held-out file is never changed.
    """
    from evalkit.data.similarity import prompt_key

    if asks(example):
        seen.add(prompt_key(example.messages), example.location)


@leaked_example.finish
def leaks(seen: Groups, held_out: frozenset[str]) -> Iterator[Fault]:
    """What stands on both sides."""
    for group in seen.repeated():
        places = [member.location for member in group]
        tests = [location for location in places if location.source in held_out]
        for location in places if tests else ():
            if location.source not in held_out:
                yield Fault(location=location, args={"other": tests[0]}, fix=Fix.drop())
