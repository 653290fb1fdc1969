# SPDX-License-Identifier: Apache-2.0
"""DUP006."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.accumulators import Groups
from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.location import Location
from evalkit.lint.rule import rule

__all__ = ["benchmark_leak"]

_SHORTEST = 24  # bytes: shorter questions ("hello", "what is this?") are everybody's


@rule(
    "DUP006",
    scope="corpus",
    severity="info",
    fix="drop",
    en="the benchmark asks this: {other}; drop it here, or its score proves nothing",
    zh="基准测试里有这个提问：{other}；请从这里去掉，否则它的分数无意义",
)
def benchmark_leak(example: Example, seen: Groups) -> None:
    """## What it does
    Finds examples in which a user asks what a benchmark asks (`--benchmark gsm8k-test.jsonl`), in any
    turn. Case, width and blanks do not count; questions under 24 bytes are left out.
    ## Why is this bad?
    Scores on that benchmark then measure memory.
    ## Fix safety
    `--drop` sets the training example aside; the benchmark's file is never changed.
    """
    from evalkit.data.similarity import said_key

    for message in example.messages:
        if message.role == "user":
            key, length = said_key(message)
            if length >= _SHORTEST:
                seen.add(key, example.location)


@benchmark_leak.finish
def leaks(seen: Groups, benchmarks: frozenset[str]) -> Iterator[Fault]:
    """Rows outside the benchmarks that ask what one of them asks, once each."""
    found: dict[Location, Location] = {}
    for group in seen.repeated():
        asked = [member.location for member in group if member.location.source in benchmarks]
        for location, _ in group if asked else ():
            if location.source not in benchmarks:
                found.setdefault(location, asked[0])
    for location, other in found.items():
        yield Fault(location=location, args={"other": other}, fix=Fix.drop())
