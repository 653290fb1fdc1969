# SPDX-License-Identifier: Apache-2.0
"""Which rules an example must be shown to: one pass over its bytes decides for all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from typing import Any

from evalkit.core.accumulators import Accumulator
from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.policy import Run

__all__ = ["Plan", "Running"]

_WARM = 3  # examples until the automaton is built, which takes as long as searching one by one
_TURNS = 10_000  # sequences of turns that are remembered
# Numbers of the patterns that say that a row spells characters as escapes it need not use: what is
# searched then is the row written anew.
_ESCAPES = (b"\\u", b"\\/")
_SPELLED = frozenset(range(len(_ESCAPES)))


class Running:
    """A rule in one walk, with its options and its state.

    Attributes:
        run: The rule and how it runs.
        states: Its accumulators by parameter.
        call: The rule's function with options and states filled in.
    """

    __slots__ = ("call", "run", "states")

    def __init__(self, run: Run) -> None:
        self.run = run
        self.states: dict[str, Accumulator] = run.rule.new_states()
        self.call = self._prepared(run.rule.function, run.rule.wants)

    def _prepared(
        self, function: Callable[..., Any], wants: Iterable[str]
    ) -> Callable[..., Iterable[Fault] | None]:
        states = {name: self.states[name] for name in wants if name in self.states}
        options = {name: self.run.options[name] for name in function.__kwdefaults__ or ()}
        if tuple(wants) == ("example", *states) and not options and len(states) in (1, 2):
            return _with_states(function, *states.values())
        return partial(function, **states, **options) if states or options else function

    def ask(self, **given: Any) -> Iterable[Fault]:
        """What the rule has to say of an example with its violation or its tokens."""
        wants = self.run.rule.wants
        return self.call(**{n: v for n, v in given.items() if n in wants}) or ()

    def end(self, **given: Any) -> Iterable[Fault]:
        """What it has to say at the end."""
        rule = self.run.rule
        finisher, wants = rule.finisher, rule.finisher_wants
        if finisher is None:
            if rule.per_example or rule.scope != "file":
                return ()
            finisher, wants = rule.function, rule.wants
        given = {name: value for name, value in given.items() if name in wants}
        return self._prepared(finisher, wants)(**given) or ()


def _with_states(function: Callable[..., Any], one: Any, *more: Any) -> Callable[..., Any]:
    """As `partial`, which takes twice as long to hand over what it holds by name."""
    if not more:
        return lambda example: function(example, one)
    other = more[0]
    return lambda example: function(example, one, other)


class Plan:
    """Rules for examples of one kind, and how to find those that an example must be shown to.

    Three kinds of rules cost a clean example nothing of their own: those with needles (one
    Aho-Corasick pass finds all needles of all rules), those that look at the turns alone (what was
    clean once is not asked again), and those that are not there. The rest is asked every time.

    Attributes:
        always: Asked about each example.
        with_cells: Asked about examples of tables.
        with_repeats: Asked about examples with repeated keys.
    """

    __slots__ = (
        "_automaton",
        "_byturns",
        "_needled",
        "_patterns",
        "_seen",
        "_turns",
        "always",
        "with_cells",
        "with_repeats",
    )

    def __init__(self, running: Iterable[Running], *, prefilters: bool = True) -> None:
        self.always: list[Running] = []
        self.with_cells: list[Running] = []
        self.with_repeats: list[Running] = []
        self._byturns: list[Running] = []
        self._turns: dict[tuple[str, ...], list[Running]] = {}
        self._patterns: list[bytes] = [*_ESCAPES]
        self._needled: list[list[Running]] = [[] for _ in _ESCAPES]  # by number of the pattern
        self._automaton: Any = None
        self._seen = 0
        numbers = {pattern: number for number, pattern in enumerate(self._patterns)}
        for one in running:
            rule = one.run.rule
            if rule.only_with in rule.options and not one.run.options[rule.only_with]:
                continue
            if rule.only_with == "cells":
                self.with_cells.append(one)
            elif rule.only_with == "repeated_keys":
                self.with_repeats.append(one)
            elif prefilters and rule.turns_only:
                self._byturns.append(one)
            elif prefilters and rule.needles:
                for needle in dict.fromkeys(rule.needles):
                    if needle not in numbers:
                        numbers[needle] = len(self._patterns)
                        self._patterns.append(needle)
                        self._needled.append([])
                    self._needled[numbers[needle]].append(one)
            else:
                self.always.append(one)

    def suspects(self, example: Example) -> Sequence[Running]:
        """The rules with needles that the example must be shown to."""
        if self._automaton is None:
            self._seen += 1
            if self._seen > _WARM or _automaton.cache_info().currsize:
                self._automaton = _automaton(tuple(self._patterns))
        if self._automaton is None:
            scanned = example.scanned
            found = [n for n, needle in enumerate(self._patterns) if needle in scanned]
        else:
            matches = self._automaton(example.raw, True)  # noqa: FBT003  (overlapping: a superset)
            if not matches:
                return ()
            found = [match[0] for match in matches]
            if found[0] in _SPELLED or not _SPELLED.isdisjoint(found):
                found = [match[0] for match in self._automaton(example.scanned, True)]  # noqa: FBT003
        if len(found) == 1:
            return self._needled[found[0]]
        together = dict.fromkeys(found)
        return list({id(one): one for n in together for one in self._needled[n]}.values())

    def by_turns(self, example: Example, ask: Callable[[Running, Example], bool]) -> None:
        """Show the example to the rules that look at its turns alone.

        Args:
            example: A valid one.
            ask: Asks a rule, and says whether it found something.
        """
        if not self._byturns:
            return
        turns = example.turns
        suspects = self._turns.get(turns)
        if suspects is None:
            if len(self._turns) > _TURNS:
                self._turns.clear()
            self._turns[turns] = [one for one in self._byturns if ask(one, example)]
            return
        for one in suspects:
            ask(one, example)


@lru_cache(maxsize=8)  # the parts of a file that one process walks need the same one
def _automaton(patterns: tuple[bytes, ...]) -> Any:
    from ahocorasick_rs import BytesAhoCorasick, Implementation

    automaton = BytesAhoCorasick(list(patterns), implementation=Implementation.DFA)
    return automaton.find_matches_as_indexes
