# SPDX-License-Identifier: Apache-2.0
"""DUP001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule

__all__ = ["exact_duplicate"]


@rule(
    "DUP001",
    scope="file",
    severity="warning",
    fix="drop",
    en="same as {first}; drop one",
    zh="与{first}相同，请删一条",
)
def exact_duplicate(example: Example, seen: Groups) -> None:
    """## What it does
    Finds examples that occur again in the same file. The order of keys and white space between them
    do not count.
    ## Why is this bad?
    A repeated example weighs double, costs double, and in a split it stands on both sides.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    {"messages": [{"content": "Hi", "role": "user"}, {"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    `--drop` keeps the first and sets the others aside: some repeat on purpose.
    """
    seen.add(example.digest, example.location)


@exact_duplicate.finish
def repeats(seen: Groups) -> Iterator[Fault]:
    """All but the first of each group."""
    for first, *again in seen.repeated():
        for member in again:
            yield Fault(location=member.location, args={"first": first.location}, fix=Fix.drop())
