# SPDX-License-Identifier: Apache-2.0
"""DUP003."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example, canonical
from evalkit.core.finding import Fault
from evalkit.core.location import Location
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer, asks

__all__ = ["conflicting_answers"]


@rule(
    "DUP003",
    scope="file",
    methods=("sft", "completion"),
    severity="warning",
    en="same prompt as {first}, another answer; keep the right one",
    zh="与{first}的提问相同而回答不同，请只留正确的一条",
)
def conflicting_answers(example: Example, seen: Groups[bytes]) -> None:
    """## What it does
    Finds examples that ask what another one asks, system prompt, earlier turns and tools included, and answer
    otherwise.
    ## Why is this bad?
    For labels one of them is wrong. For free text it teaches variety, which may be meant.
    ## Example
    {"messages": [{"role": "user", "content": "Is 7 prime?"}, {"role": "assistant", "content": "yes"}]}
    {"messages": [{"role": "user", "content": "Is 7 prime?"}, {"role": "assistant", "content": "no"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Is 7 prime?"}, {"role": "assistant", "content": "yes"}]}
    """
    if (last := answer(example)) is not None and asks(example):
        # Not similarity.prompt_key, which leaves out instructions: another persona may answer so.
        asked = [
            f"{m.role}\0{m.content if isinstance(m.content, str) else canonical(m.content)!r}"
            for m in example.messages[:-1]
        ]
        if tools := example.value.get("tools"):
            asked.append(canonical(tools).decode("utf-8", "surrogatepass"))
        seen.add(_digest("\0".join(asked)) + _digest(last.text), example.location)


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@conflicting_answers.finish
def conflicts(seen: Groups[bytes]) -> Iterator[Fault]:
    """The first of each further answer; its repeats are exact duplicates."""
    firsts: dict[bytes, Location] = {}
    for key, (location, *_) in seen.items():
        first = firsts.setdefault(key[:-16], location)
        if first is not location:
            yield Fault(location=location, args={"first": first})
