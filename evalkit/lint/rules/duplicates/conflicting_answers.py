# SPDX-License-Identifier: Apache-2.0
"""DUP003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example, canonical
from evalkit.core.finding import Fault
from evalkit.core.groups import key_of
from evalkit.core.location import Location
from evalkit.lint.labels import Labels
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule
from evalkit.lint.texts import answer, asks

__all__ = ["conflicting_answers"]

_SOME = 20  # conflicts that are shown one by one in any case


@rule(
    "DUP003",
    scope="file",
    methods=("sft", "completion"),
    severity="warning",
    en="same prompt as {first}, another answer{more:en}; keep the right one",
    zh="与{first}的提问相同而回答不同{more:zh}，请只留正确的一条",
)
def conflicting_answers(example: Example, seen: Groups, labels: Labels) -> None:
    """## What it does
    Finds examples that ask what another one asks, system prompt, earlier turns and tools included, and answer
    otherwise.
    ## Why is this bad?
    For labels one of them is wrong. For free text it teaches variety, which may be meant: where more
    than one in twenty rows does it, the first is reported with the number of the others.
    ## Example
    {"messages": [{"role": "user", "content": "Is 7 prime?"}, {"role": "assistant", "content": "yes"}]}
    {"messages": [{"role": "user", "content": "Is 7 prime?"}, {"role": "assistant", "content": "no"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Is 7 prime?"}, {"role": "assistant", "content": "yes"}]}
    """
    if (last := answer(example)) is None or not asks(example):
        return
    labels.look_at(example)
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
def conflicts(seen: Groups, labels: Labels) -> Iterator[Fault]:
    """The first of each further answer; its repeats are exact duplicates."""
    number = sum(1 for _ in _others(seen))
    if _SOME < number > len(seen) / 20 and not labels.found():
        first, other = min(_others(seen), key=lambda pair: pair[1].line or 0)
        more = Phrase(
            f", as in {number - 1:,} more examples", f"，另有 {number - 1:,} 个样本也是如此"
        )
        yield Fault(location=other, args={"first": first, "more": more})
        return
    for first, other in _others(seen):
        yield Fault(location=other, args={"first": first, "more": Phrase("", "")})


def _others(seen: Groups) -> Iterator[tuple[Location, Location]]:
    """The first row of each prompt, with the first row of each further answer to it."""
    for group in seen.repeated():
        said: set[bytes] = set()
        for member in group:
            if said and member.tag not in said:
                yield group[0].location, member.location
            said.add(member.tag)
