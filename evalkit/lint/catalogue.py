# SPDX-License-Identifier: Apache-2.0
"""Every rule there is: ours by file name, third parties' by entry point."""

from __future__ import annotations

from functools import cache

from evalkit.core.errors import UsageError
from evalkit.core.registry import find, names, suggestion
from evalkit.lint.rule import Rule

__all__ = ["every_rule", "rule_named"]


@cache
def every_rule() -> tuple[Rule, ...]:
    """All rules in the order of their codes; a plug-in that does not load is one warning.

    A rule module imports nothing heavy, so all of them cost a few milliseconds.
    """
    found = []
    for name in names("rules"):
        try:
            found.append(find("rules", name))
        except UsageError:  # a broken plug-in; find() has warned
            continue
    return tuple(sorted(found, key=lambda rule: rule.code))


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
