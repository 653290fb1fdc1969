# SPDX-License-Identifier: Apache-2.0
"""DUP002."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.near import Sketches
from evalkit.lint.rule import rule
from evalkit.lint.texts import asks

__all__ = ["near_duplicate"]


@rule(
    "DUP002",
    scope="file",
    severity="info",
    default=False,
    en="nearly the same as {first}; keep one, or make the difference clear",
    zh="与{first}几乎相同，请只留一条，或拉开差别",
)
def near_duplicate(example: Example, seen: Sketches) -> None:
    """## What it does
    Finds examples that say nearly what an earlier one says: about 7 of 10 pieces of 8 bytes of what is
    asked and answered occur in both. Case, width and blanks do not count, nor do system prompts.
    Estimated from sketches of 64 bytes; of rows that differ by 1 to 3 characters it finds 19 of 20.
    ## Why is this bad?
    Near repeats weigh double as exact ones do, and a split puts them on both sides. Rows from one
    template are meant to be alike: the rule is off unless it is selected.
    ## Example
    {"messages": [{"role": "user", "content": "Where can I see the parcel that I ordered last week?"}, {"role": "assistant", "content": "Open your orders and choose the parcel: its way is shown there."}]}
    {"messages": [{"role": "user", "content": "Where can I see the parcels that I ordered last week?"}, {"role": "assistant", "content": "Open your orders and choose the parcel: its way is shown there."}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Where can I see the parcel that I ordered last week?"}, {"role": "assistant", "content": "Open your orders and choose the parcel: its way is shown there."}]}
    ## References
    Lee et al. 2022, Deduplicating Training Data Makes Language Models Better (ACL).
    """
    from evalkit.data.similarity import said_text

    if asks(example):
        seen.add(said_text(example.messages), example.digest, example.location)


@near_duplicate.finish
def repeats(seen: Sketches) -> Iterator[Fault]:
    """Each row that has an earlier one like it, with the first of those."""
    for location, first in seen.repeated():
        yield Fault(location=location, args={"first": first})
