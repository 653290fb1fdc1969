# SPDX-License-Identifier: Apache-2.0
"""DUP003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example, canonical
from evalkit.core.finding import Fault
from evalkit.core.groups import key_of
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
def conflicting_answers(example: Example, seen: Groups) -> None:
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
    if (last := answer(example)) is None or not asks(example):
        return
    if (halves := example.halves) is not None:
        seen.add(halves[0], example.location, halves[1][:15])
        return
    # Not similarity.prompt_key, which leaves out instructions: another persona may answer so.
    asked = []
    for message in example.messages[:-1]:
        content = message.content
        asked.append(message.role)
        asked.append(content if isinstance(content, str) else repr(canonical(content)))
    asked.append(last.role)  # as in `halves`: a plain row and one with a weight may ask the same
    if tools := example.value.get("tools"):
        asked.append(canonical(tools).decode("utf-8", "surrogatepass"))
    seen.add(key_of("\0".join(asked)), example.location, key_of(last.text)[:15])


@conflicting_answers.finish
def conflicts(seen: Groups) -> Iterator[Fault]:
    """The first of each further answer; its repeats are exact duplicates."""
    for group in seen.repeated():
        said: set[bytes] = set()
        for member in group:
            if said and member.tag not in said:
                yield Fault(location=member.location, args={"first": group[0].location})
            said.add(member.tag)
