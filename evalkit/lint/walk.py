# SPDX-License-Identifier: Apache-2.0
"""One walk over a file, or over a part of it: rules are asked, states grow, parts merge."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, NamedTuple, Self

from evalkit.core.accumulators import place
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.core.location import Location
from evalkit.core.printable import excerpt
from evalkit.lint.counting import Counting
from evalkit.lint.plan import Plan, Running
from evalkit.lint.policy import Policy, Run
from evalkit.lint.quotes import excerpt_of
from evalkit.lint.result import FileReport
from evalkit.lint.rule import SCOPES, Scope
from evalkit.lint.shape import Violation, violations

__all__ = ["Kind", "Reported", "Walk"]

_EXCERPTS = 100  # of each rule: text outputs show 20 by default


class Reported(NamedTuple):
    """A fault of a rule, at a place; not yet in words.

    Attributes:
        run: Whose.
        fault: What.
        location: Where.
        cell: For tables.
        excerpt: Of the data, for the first ones of each rule.
        row: First 16 hex digits of the SHA-256 of the record.
    """

    run: Run
    fault: Fault
    location: Location
    cell: str | None = None
    excerpt: str = ""
    row: str = ""


class Kind(NamedTuple):
    """What findings are counted by, whether they are kept or not."""

    number: int  # of the run in the policy
    safety: str | None
    source: str = ""  # the file, where it is not the one that is walked


class Walk:
    """The rules over one file or a part of it.

    Feed it the examples in order, or cut the file into parts, walk each, and merge: the findings
    are the same.

    Attributes:
        policy: What runs.
        keep: Findings of each run to keep; None = all.
        reported: Those that are kept.
        counts: All of them, by kind.
        formats: Examples by the name of their layout.
        crashes: What a rule said that failed; it is not asked again.
        lines: Physical lines that were fed.
        numbers: Examples that were fed.
        running: The rules by scope.
    """

    PREFILTERS: ClassVar[bool] = True

    def __init__(
        self,
        policy: Policy,
        scopes: Iterable[Scope] | None = None,
        *,
        keep: int | None = None,
        beside: bool = False,
    ) -> None:
        """Set out.

        Args:
            policy: What runs.
            scopes: Of the rules that are wanted; None = all (held-out files are only looked at
                for leakage).
            keep: Findings of each run to keep; None = all.
            beside: Whether tokens may be counted in a thread.
        """
        self.policy = policy
        self.keep = keep
        self.reported: list[Reported] = []
        self.counts: Counter[Kind] = Counter()
        self.formats: dict[str, int] = {}
        self.crashes: dict[str, str] = {}
        self.lines = self.numbers = 0
        self._kept: Counter[tuple[int, str]] = Counter()  # by run and source
        self._cells: dict[int, Mapping[str, str]] = {}
        wanted = set(SCOPES if scopes is None else scopes)
        self._number = {id(run): number for number, run in enumerate(policy.runs)}
        self.running: dict[Scope, list[Running]] = {}
        for run in policy.runs:
            if run.rule.scope in wanted:
                self.running.setdefault(run.rule.scope, []).append(Running(run))
        self._shapes: dict[str, list[Running]] = {}
        for running in self.running.get("shape", ()):
            self._shapes.setdefault(running.run.rule.name, []).append(running)
        raw = self.of("bytes")
        self._broken = raw
        self._raw = [running for running in raw if not running.run.rule.broken_only]
        self._invalid = Plan(self._raw, prefilters=self.PREFILTERS)
        stateful = [r for r in self.of("file", "corpus") if r.run.rule.per_example]
        self._valid = [*self.of("example"), *stateful]
        self._plans: dict[str | None, Plan] = {}  # by method
        self._shaped = bool(self._valid or self._shapes or self.running.get("tokens"))
        self.counting = Counting(
            self.of("tokens"), policy.encoding, self._tokens, every=policy.tokens, beside=beside
        )

    def of(self, *scopes: Scope) -> list[Running]:
        """The rules of some scopes."""
        return [running for scope in scopes for running in self.running.get(scope, ())]

    def feed(self, example: Example) -> None:  # noqa: C901, PLR0912  (calls cost more than branches)
        """Look at one record."""
        location = example.location
        if location.number is not None:
            self.numbers = location.number
        self.lines = location.end_line or self.lines
        if example.cells and location.line is not None:
            self._cells[location.line] = example.cells
        if example.broken is not None:
            for running in self._broken:
                self._ask(running, example)
            return
        if not self._shaped:  # no rule looks further
            plan = self._invalid
        else:
            layout = example.format
            if layout is not None:
                self.formats[layout.name] = self.formats.get(layout.name, 0) + 1
            if (wrong := violations(example)) and self._barred(example, wrong):
                plan = self._invalid
            else:
                method = self.policy.method or (layout.method if layout is not None else None)
                found = self._plans.get(method)
                plan = self._plan_for(method) if found is None else found
                plan.by_turns(example, self._ask)
                self.counting.feed(example, method)
        for running in plan.always:
            try:
                faults = running.call(example)
                if faults is not None:  # rules with state say nothing yet
                    for fault in faults:
                        self._report(running.run, fault, example)
            except Exception as error:  # noqa: BLE001  (as in _ask; a call less per rule)
                self._crashed(running, location, error)
        for running in plan.suspects(example):
            self._ask(running, example)
        if example.cells:
            for running in plan.with_cells:
                self._ask(running, example)
        if example.repeated_keys:
            for running in plan.with_repeats:
                self._ask(running, example)

    def _plan_for(self, method: str | None) -> Plan:
        runnings = [r for r in self._valid if r.run.rule.is_for(method)]
        plan = Plan([*self._raw, *runnings], prefilters=self.PREFILTERS)
        self._plans[method] = plan
        return plan

    def _ask(self, running: Running, example: Example) -> bool:
        """Show a rule the example; whether it had something to say."""
        try:
            faults = running.call(example)
            if faults is None:  # rules with state say nothing yet
                return False
            said = False
            for fault in faults:
                self._report(running.run, fault, example)
                said = True
        except Exception as error:  # noqa: BLE001  (a rule, perhaps a plug-in's, must not end the run)
            self._crashed(running, example.location, error)
            return False
        return said

    def _hear(self, running: Running, example: Example, **given: Any) -> None:
        try:
            for fault in running.ask(example=example, **given):
                self._report(running.run, fault, example)
        except Exception as error:  # noqa: BLE001
            self._crashed(running, example.location, error)

    def _barred(self, example: Example, wrong: Iterable[Violation]) -> bool:
        """Report what is wrong with the shape; whether other rules must not see the example."""
        barred = False
        for violation in wrong:
            barred = barred or violation.bars
            for running in self._shapes.get(violation.rule, ()):
                self._hear(running, example, violation=violation)
        return barred

    def _tokens(self, running: Running, example: Example, tokens: Any) -> None:
        self._hear(running, example, tokens=tokens)

    def _crashed(self, running: Running, location: Location, error: Exception) -> None:
        name = running.run.rule.name
        running.call = _silent
        if name not in self.crashes:
            why = excerpt(f"{type(error).__name__}: {error}", 200)
            self.crashes[name] = f"the rule `{name}` failed at {location}: {why}"

    def settle(self) -> None:
        """Count the examples that wait to be counted together."""
        self.counting.settle()

    def _report(self, run: Run, fault: Fault, example: Example) -> None:
        number = self._number[id(run)]
        self.counts[Kind(number, fault.fix.safety if fault.fix else None)] += 1
        kept = self._kept[number, ""]
        if self.keep is not None and kept >= self.keep:
            return
        self._kept[number, ""] = kept + 1
        location = fault.location or example.location
        cell = _cell(example.cells, fault.pointer) if example.cells else None
        shown = excerpt_of(example, fault.pointer) if kept < _EXCERPTS else ""
        row = hashlib.sha256(example.raw).hexdigest()[:16]
        self.reported.append(Reported(run, fault, location, cell, shown, row))

    def finish(self, file: FileReport) -> None:
        """Ask the rules that look at the whole file; `reported` is complete then."""
        self.settle()
        whole = Location(source=file.path)
        for running in self.of("bytes", "shape", "example", "tokens", "file"):
            self.late(running, whole, file=file)

    def late(self, running: Running, whole: Location, **given: Any) -> None:
        """What a rule says at the end; the first ones by place are kept."""
        run = running.run
        number = self._number[id(run)]
        late: dict[str, list[Reported]] = {}
        if run.rule.name in self.crashes:
            return
        most = None if self.keep is None else 2 * self.keep + 64
        try:
            for fault in running.end(**given):
                location = fault.location or whole
                source = "" if location.source == whole.source else location.source
                self.counts[Kind(number, fault.fix.safety if fault.fix else None, source)] += 1
                cells = self._cells.get(location.line or 0, {})
                cell = _cell(cells, fault.pointer) if cells else None
                held = late.setdefault(source, [])
                held.append(Reported(run, fault, location, cell))
                if most is not None and len(held) > most:
                    held.sort(key=_place)
                    del held[self.keep :]
        except Exception as error:  # noqa: BLE001
            self._crashed(running, whole, error)
        for source, held in late.items():
            if self.keep is not None:
                held.sort(key=_place)
                del held[max(0, self.keep - self._kept[number, source]) :]
            self._kept[number, source] += len(held)
            self.reported += held

    def moved(self, lines: int, numbers: int) -> Self:
        """This walk over a part of a file, its places moved to where the part stands."""
        if lines or numbers:
            self.reported = [
                one._replace(
                    location=one.location.moved(lines, numbers),
                    fault=_moved(one.fault, lines, numbers),
                )
                for one in self.reported
            ]
            self._cells = {line + lines: cells for line, cells in self._cells.items()}
            for running in self.of(*SCOPES):
                for name, state in running.states.items():
                    shifted = getattr(state, "shifted", None)
                    if shifted is not None:
                        running.states[name] = shifted(lines, numbers)
        return self

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """One walk out of those over the parts of a file.

        Raises:
            ValueError: There is no part.
        """
        walks = list(parts)
        if not walks:
            raise ValueError("no part to merge")
        whole = cls(walks[0].policy, walks[0].running, keep=walks[0].keep)
        for walk in walks:
            walk.settle()
            whole.take(walk)
        whole.join_states(walks)
        if whole.keep is not None:
            whole.keep_first()
        return whole

    def take(self, walk: Self) -> None:
        """Add everything of a walk but its states."""
        self.reported += walk.reported
        self.counts += walk.counts
        self.crashes |= walk.crashes
        self._cells |= walk._cells
        self.counting.take(walk.counting)
        for name, number in walk.formats.items():
            self.formats[name] = self.formats.get(name, 0) + number
        self.lines += walk.lines
        self.numbers += walk.numbers
        for one in walk.reported:
            self._kept[self._number[id(one.run)], ""] += 1

    def keep_first(self) -> None:
        """Leave of each rule only the first findings, as many as are to be kept."""
        self._kept.clear()
        first = []
        for one in sorted(self.reported, key=_place):
            number = self._number[id(one.run)]
            if self._kept[number, ""] < (self.keep or 0):
                self._kept[number, ""] += 1
                first.append(one)
        self.reported = first

    def packed(self) -> dict[str, Any]:
        """Everything of it as plain values, for another process."""
        self.settle()
        return {
            "reported": [(self._number[id(one.run)], *one[1:]) for one in self.reported],
            "counts": self.counts,
            "crashes": self.crashes,
            "formats": self.formats,
            "cells": self._cells,
            "tokens": self.counting.totals,
            "states": [running.states for running in self.of(*SCOPES)],
            "lines": self.lines,
            "numbers": self.numbers,
        }

    def unpacked(self, made: Mapping[str, Any]) -> Self:
        """This empty walk as the one that another process packed."""
        runs = self.policy.runs
        self.reported = [Reported(runs[number], *rest) for number, *rest in made["reported"]]
        self.counts, self.crashes = made["counts"], made["crashes"]
        self.formats, self._cells = made["formats"], made["cells"]
        self.counting.totals = made["tokens"]
        self.lines, self.numbers = made["lines"], made["numbers"]
        for running, states in zip(self.of(*SCOPES), made["states"], strict=True):
            running.states = states
        return self

    def join_states(self, walks: Iterable[Self]) -> None:
        """Take the states of walks over parts."""
        parts = [walk.of(*SCOPES) for walk in walks]
        for number, running in enumerate(self.of(*SCOPES)):
            shards = [part[number] for part in parts]
            for name, state in running.states.items():
                kind: Any = type(state)
                running.states[name] = kind.merged([shard.states[name] for shard in shards])


def _silent(*_: object, **__: object) -> None:
    """What a rule that has failed says from then on."""


def _place(one: Reported) -> tuple[Any, ...]:
    return (place(one.location), one.fault.pointer)


def _moved(fault: Fault, lines: int, numbers: int) -> Fault:
    if fault.location is None:
        return fault
    return Fault(
        pointer=fault.pointer,
        args=fault.args,
        fix=fault.fix,
        location=fault.location.moved(lines, numbers),
    )


def _cell(cells: Mapping[str, str], pointer: str) -> str | None:
    """The cell of a pointer, or of what stands around it; of the first column else."""
    while pointer:
        if pointer in cells:
            return cells[pointer]
        pointer = pointer.rpartition("/")[0]
    return None
