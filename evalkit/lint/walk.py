# SPDX-License-Identifier: Apache-2.0
"""One walk over a file, or over a part of it: rules are asked, states grow, parts merge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple, Self

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.core.location import Location
from evalkit.core.pointer import at
from evalkit.lint.counting import count, most_tokens
from evalkit.lint.result import FileReport
from evalkit.lint.rule import SCOPES, Rule, Scope
from evalkit.lint.secrets import masked, quoted
from evalkit.lint.settings import Policy
from evalkit.lint.shape import violations

__all__ = ["Reported", "Walk", "excerpt_of", "finish_corpus"]

_EXCERPTS = 100  # of each rule: text outputs show 20 by default
_WIDTH = 96
_BATCH = 64  # examples that wait to be counted together


class Reported(NamedTuple):
    """A fault of a rule, at a place; not yet in words."""

    rule: Rule
    fault: Fault
    location: Location
    cell: str | None


_Step = tuple[Rule, Callable[..., Iterable[Fault] | None], tuple[bytes, ...]]


class _Running:
    """A rule in this walk, with its options and its state."""

    def __init__(self, rule: Rule, options: Mapping[str, Any]) -> None:
        self.rule = rule
        self.options = options
        self.states = rule.new_states()
        self.call = self._prepared(rule.function, rule.wants)

    def _prepared(
        self, function: Callable[..., Any], wants: tuple[str, ...]
    ) -> Callable[..., Iterable[Fault] | None]:
        states = {name: self.states[name] for name in wants if name in self.states}
        options = {name: self.options[name] for name in function.__kwdefaults__ or ()}
        return partial(function, **states, **options) if states or options else function

    def ask(self, **given: Any) -> Iterable[Fault]:
        """What the rule has to say of an example with its violation or its tokens."""
        return self.call(**{n: v for n, v in given.items() if n in self.rule.wants}) or ()

    def end(self, **given: Any) -> Iterable[Fault]:
        """What it has to say at the end."""
        rule = self.rule
        finisher, wants = rule.finisher, rule.finisher_wants
        if finisher is None:
            if rule.per_example or rule.scope != "file":
                return ()
            finisher, wants = rule.function, rule.wants
        given = {name: value for name, value in given.items() if name in wants}
        return self._prepared(finisher, wants)(**given) or ()


class Walk:
    """The rules over one file or a part of it.

    Feed it the examples in order, or cut the file into parts, walk each, and merge: the findings
    are the same. `scopes` leaves out the rules that are not wanted (held-out files are only looked
    at for leakage).
    """

    def __init__(self, policy: Policy, scopes: Iterable[Scope] | None = None) -> None:
        self.policy = policy
        self.reported: list[Reported] = []
        self.excerpts: dict[tuple[Location, str], str] = {}
        self.formats: dict[str, int] = {}
        self.cells: dict[int, Mapping[str, str]] = {}
        self._shown: dict[str, int] = {}
        self._waiting: list[Example] = []
        wanted = None if scopes is None else set(scopes)
        self.running: dict[Scope, list[_Running]] = {}
        for rule in policy.rules:
            if wanted is None or rule.scope in wanted:
                running = _Running(rule, policy.options[rule.name])
                self.running.setdefault(rule.scope, []).append(running)
        self._shapes = {running.rule.name: running for running in self.running.get("shape", ())}
        self._raw = self._plan(self.of("bytes"))
        stateful = [r for r in self.of("file", "corpus") if r.rule.per_example]
        self._asked = [*self.of("example"), *stateful]
        self._plans: dict[str | None, list[_Step]] = {}  # by method
        # A rule whose limit is not set has nothing to say about tokens.
        self._limits = [int(r.options.get("training_limit") or 0) for r in self.of("tokens")]
        self._least_limit = min((limit for limit in self._limits if limit), default=0)

    def of(self, *scopes: Scope) -> list[_Running]:
        """The rules of some scopes."""
        return [running for scope in scopes for running in self.running.get(scope, ())]

    def feed(self, example: Example) -> None:
        """Look at one record."""
        if example.cells and example.location.line is not None:
            self.cells[example.location.line] = example.cells
        self._ask(self._raw, example)
        if example.broken is not None or not self._shaped(example):
            return
        method = self._method(example)
        if method not in self._plans:
            self._plans[method] = self._plan(r for r in self._asked if _is_for(r.rule, method))
        self._ask(self._plans[method], example)
        if self._least_limit and most_tokens(example) > self._least_limit:
            self._waiting.append(example)
            if len(self._waiting) >= _BATCH:
                self.settle()

    def _method(self, example: Example) -> str | None:
        known = example.format.method if example.format is not None else None
        return self.policy.method or known

    def _plan(self, rules: Iterable[_Running]) -> list[_Step]:
        return [(running.rule, running.call, running.rule.needles) for running in rules]

    def _ask(self, plan: list[_Step], example: Example) -> None:
        raw = example.raw
        for rule, call, needles in plan:
            if needles:
                for needle in needles:  # not any(): a generator costs more than the search
                    if needle in raw:
                        break
                else:
                    continue
            faults = call(example)
            if faults is not None:  # rules with state say nothing yet
                for fault in faults:
                    self._report(rule, fault, example)

    def _shaped(self, example: Example) -> bool:
        """Whether the example has a known format and the right shape for it."""
        if example.format is None:
            unknown = self._shapes.get("unknown-format")
            if unknown is not None:
                for fault in unknown.ask(example=example, violation=None):
                    self._report(unknown.rule, fault, example)
            return False
        name = example.format.name
        self.formats[name] = self.formats.get(name, 0) + 1
        wrong = violations(example)
        for violation in wrong:
            running = self._shapes.get(violation.rule)
            if running is not None:
                for fault in running.ask(example=example, violation=violation):
                    self._report(running.rule, fault, example)
        return not wrong

    def settle(self) -> None:
        """Count the examples that wait to be counted together."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        for example, tokens in zip(waiting, count(waiting, self.policy.encoding), strict=True):
            for running in self.of("tokens"):
                if _is_for(running.rule, self._method(example)):
                    for fault in running.ask(example=example, tokens=tokens):
                        self._report(running.rule, fault, example)

    def _report(self, rule: Rule, fault: Fault, example: Example) -> None:
        location = fault.location or example.location
        cell = _cell(example.cells, fault.pointer) if example.cells else None
        self.reported.append(Reported(rule, fault, location, cell))
        if self._shown.get(rule.name, 0) < _EXCERPTS:
            self._shown[rule.name] = self._shown.get(rule.name, 0) + 1
            self.excerpts[location, fault.pointer] = excerpt_of(example, fault.pointer)

    def finish(self, file: FileReport) -> None:
        """Ask the rules that look at the whole file; `reported` is complete then."""
        self.settle()
        whole = Location(source=file.path)
        for running in self.of("bytes", "shape", "example", "tokens", "file"):
            for fault in running.end(file=file):
                location = fault.location or whole
                cells = self.cells.get(location.line or 0, {})
                cell = _cell(cells, fault.pointer) if cells else None
                self.reported.append(Reported(running.rule, fault, location, cell))

    @classmethod
    def merged(cls, parts: Iterable[Self]) -> Self:
        """One walk out of those over the parts of a file, in any order.

        Raises:
            ValueError: There is no part.
        """
        walks = list(parts)
        if not walks:
            raise ValueError("no part to merge")
        whole = cls(walks[0].policy, walks[0].running)
        for walk in walks:
            walk.settle()
            whole.reported += walk.reported
            whole.excerpts |= walk.excerpts
            whole.cells |= walk.cells
            for name, number in walk.formats.items():
                whole.formats[name] = whole.formats.get(name, 0) + number
        _merge_states(whole, walks)
        return whole


def finish_corpus(walks: Iterable[Walk], held_out: frozenset[str]) -> Iterator[Reported]:
    """What the rules over several files report, out of the walks over each."""
    every = list(walks)
    if not every:
        return
    whole = Walk(every[0].policy, ("corpus",))
    _merge_states(whole, every)
    for running in whole.of("corpus"):
        for fault in running.end(held_out=held_out):
            if fault.location is not None:  # a fault of a corpus is always one of some example
                yield Reported(running.rule, fault, fault.location, None)


def _merge_states(whole: Walk, walks: Iterable[Walk]) -> None:
    parts = [{r.rule.name: r for r in walk.of(*SCOPES)} for walk in walks]
    for running in whole.of(*SCOPES):
        shards = [part[running.rule.name] for part in parts if running.rule.name in part]
        for name, state in running.states.items():
            running.states[name] = type(state).merged([shard.states[name] for shard in shards])


def _is_for(rule: Rule, method: str | None) -> bool:
    return not rule.methods or method in rule.methods


def _cell(cells: Mapping[str, str], pointer: str) -> str | None:
    """The cell of a pointer, or of what stands around it; of the first column else."""
    while pointer:
        if pointer in cells:
            return cells[pointer]
        pointer = pointer.rpartition("/")[0]
    return None


def excerpt_of(example: Example, pointer: str = "") -> str:
    """What stands at the pointer if that is text, else the place of the error, else the start."""
    if pointer and example.broken is None:
        try:
            value = at(example.value, pointer)
        except LookupError:
            value = None
        if isinstance(value, str):
            return f'"{quoted(value, _WIDTH)}"'
    text = example.raw[: 1 << 20].decode("utf-8", "replace")
    column = (example.broken.column if example.broken is not None else None) or 1
    if column > _WIDTH // 2:
        # Masked before it is cut: half a secret would not be known for one.
        before = masked(text[max(0, column - 4096) : column - 1])[-_WIDTH // 2 :]
        return quoted(f"…{before}{masked(text[column - 1 :][:4096])}", _WIDTH)
    return quoted(text, _WIDTH)
