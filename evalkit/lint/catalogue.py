# SPDX-License-Identifier: Apache-2.0
"""Every rule there is: ours by file name, third parties' by entry point, the user's by file."""

from __future__ import annotations

from functools import cache

from evalkit.core.errors import UsageError
from evalkit.core.registry import find, foreign, modules, suggestion
from evalkit.lint.plugins import rules_of_entry_points, taken
from evalkit.lint.rule import Rule
from evalkit.lint.settings import Settings

__all__ = ["every_rule", "rule_named", "rules_for"]


def every_rule(*, plugins: bool = True) -> tuple[Rule, ...]:
    """All rules in the order of their codes, without third parties' where plug-ins do not count.

    A rule module imports nothing heavy, so all of them cost a few milliseconds.
    """
    return _with_plugins() if plugins else _ours()


def rules_for(settings: Settings) -> tuple[Rule, ...]:
    """The rules that the settings choose from: the catalogue's and those of the user's file.

    Raises:
        UsageError: A rule of the user's has the code or the name of another one.
    """
    there = every_rule(plugins=settings.plugins)
    known = {id(rule) for rule in there}
    wanted = {id(rule): rule for rule in settings.extra_rules}  # a file may be named twice
    added = [rule for rule in wanted.values() if id(rule) not in known]
    for number, rule in enumerate(added):
        if clash := taken(rule, [*there, *added[:number]]):
            raise UsageError(*clash)
    return tuple(sorted([*there, *added], key=lambda rule: rule.code))


@cache
def _ours() -> tuple[Rule, ...]:
    found: list[Rule] = [find("rules", name) for name in modules("rules")]
    return tuple(sorted(found, key=lambda rule: rule.code))


@cache
def _with_plugins() -> tuple[Rule, ...]:
    ours = _ours()
    if not foreign("rules"):
        return ours
    theirs = rules_of_entry_points(foreign("rules").values(), ours)
    return tuple(sorted([*ours, *theirs], key=lambda rule: rule.code))


def rule_named(word: str) -> Rule:
    """The rule of that name or code.

    Raises:
        UsageError: There is none.
    """
    for rule in every_rule():
        if word.lower().replace("_", "-") == rule.name or word.upper() == rule.code:
            return rule
    known = [r.name for r in every_rule()] + [r.code for r in every_rule()]
    raise UsageError(
        f"no rule is named `{word}`{suggestion(word, known)}", "`evalkit rule --all` lists them"
    )
