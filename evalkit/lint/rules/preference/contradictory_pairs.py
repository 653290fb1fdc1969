# SPDX-License-Identifier: Apache-2.0
"""PRF007."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.pairs import Answer, pair, prompt
from evalkit.lint.rule import rule

__all__ = ["contradictory_pairs"]


@rule(
    "PRF007",
    scope="file",
    methods=("preference",),
    severity="warning",
    en="prefers what {first} rejects, for the same prompt; keep one of them",
    zh="同一提问下，与{first}的偏好正好相反，请只留一条",
)
def contradictory_pairs(example: Example, seen: Groups) -> None:
    """## What it does
    Finds rows that hold the two answers of another row the other way round, for the same prompt.
    ## Why is this bad?
    One says that A is better than B, the other that B is better than A: they undo each other. Mostly a
    column was swapped or two annotators disagreed.
    ## Example
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "What?"}], "non_preferred_output": [{"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    """
    both = pair(example)
    if both is None or both[0].same_as(both[1]):
        return  # identical-pair says so
    better, worse = (_digest(side.said) for side in both)
    asked = Answer("", prompt(example)).said
    key = _digest(asked + b"\0" + min(better, worse) + max(better, worse))
    seen.add(key, example.location, b"<" if better < worse else b">")


def _digest(text: bytes) -> bytes:
    return hashlib.blake2b(text, digest_size=16).digest()


@contradictory_pairs.finish
def contradictions(seen: Groups) -> Iterator[Fault]:
    """The first that turns a pair round, and those that agree with it."""
    for first, *others in seen.repeated():
        for other in others:
            if other.tag != first.tag:
                yield Fault(location=other.location, args={"first": first.location})
