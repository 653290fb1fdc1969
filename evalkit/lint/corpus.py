# SPDX-License-Identifier: Apache-2.0
"""The rules over several files: what walks over each of them add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from evalkit.core.location import Location
from evalkit.lint.walk import Walk

__all__ = ["finish_corpus"]


def finish_corpus(
    walks: Mapping[str, list[Walk]], held_out: frozenset[str], benchmarks: frozenset[str]
) -> Iterator[Walk]:
    """What the rules over several files report, rule by rule.

    Args:
        walks: Over files that are linted ("linted"), held out ("held-out") or benchmarks
            ("benchmark").
        held_out: Sources of the held-out files.
        benchmarks: Sources of the benchmarks.

    Yields:
        Walks that hold what one rule each has reported.
    """
    linted = walks.get("linted", [])
    if not linted:
        return
    # A rule may be off in some of the files.
    runs = {id(run): run for walk in linted for run in walk.policy.runs}
    policy, keep = replace(linted[0].policy, runs=tuple(runs.values())), linted[0].keep
    for running in Walk(policy, ("corpus",)).of("corpus"):
        for_benchmarks = "benchmarks" in running.run.rule.finisher_wants
        if not (benchmarks if for_benchmarks else held_out):
            continue
        sides = [*linted, *walks.get("benchmark" if for_benchmarks else "held-out", [])]
        same = [r for w in sides for r in w.of("corpus") if r.run is running.run]
        for name, state in running.states.items():
            kind: Any = type(state)
            running.states[name] = kind.merged([one.states[name] for one in same])
        walk = Walk(policy, (), keep=keep)
        walk.late(running, Location(source=""), held_out=held_out, benchmarks=benchmarks)
        yield walk
