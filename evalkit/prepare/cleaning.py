# SPDX-License-Identifier: Apache-2.0
"""Staged rows, mended as lint would, without those that teach nothing and those that repeat."""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.example import Example, canonical
from evalkit.core.finding import Safety
from evalkit.core.groups import Groups, key_of
from evalkit.core.spill import spilling
from evalkit.core.strings import Language
from evalkit.data.formats._layout import Layout
from evalkit.data.read import DataSet, open_data
from evalkit.lint.catalogue import rules_for
from evalkit.lint.fixing import mended
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import Rule
from evalkit.lint.settings import Settings
from evalkit.prepare.staging import DUPLICATE, Aside, Staged, reason_of
from evalkit.targets.card import Target

__all__ = ["Clean", "clean", "fixing_settings", "own_fixes", "safe_fixes"]

_EMPTY = Phrase("it holds no messages", "没有任何消息")
_ALONE = ("file", "corpus")  # scopes of rules that compare rows: duplicates are told apart here


@dataclass(slots=True)
class Clean:
    """Rows that can be used.

    Attributes:
        place: JSONL in the source's layout.
        lines: The input's line of each, 8 bytes a row.
        fixed: Name of a rule to what it mended.
    """

    place: Path
    lines: array[int] = field(default_factory=lambda: array("q"))
    fixed: Mapping[str, int] = field(default_factory=dict)


def fixing_settings(
    targets: Sequence[Target], skip: Collection[str], language: Language = "en"
) -> Settings:
    """Lint as it is wanted here: no duplicates, and only what is an error sets a row aside."""
    settings = Settings(targets=tuple(target.name for target in targets), language=language)
    idle = [rule.name for rule in rules_for(settings) if _is_idle(rule, targets, skip)]
    return replace(settings, ignore=tuple(idle))


def _is_idle(rule: Rule, targets: Sequence[Target], skip: Collection[str]) -> bool:
    if rule.name in skip or rule.fix == "unsafe":
        return True
    if rule.fix == "safe" and not rule.default:  # what one target wants is not done to the others'
        return any(rule.name not in own_fixes(target) for target in targets)
    if rule.fix != "drop":
        return False
    if rule.scope in _ALONE:
        return True
    usual = rule.severity.name.lower()
    return all(target.severity.get(rule.name, usual) != "error" for target in targets)


def own_fixes(target: Target) -> frozenset[str]:
    """Rules that mend what only some targets mind, this one among them."""
    wanted = {name for name, severity in target.severity.items() if severity != "off"}
    rules = rules_for(Settings(targets=(target.name,)))
    return frozenset(
        one.name for one in rules if one.name in wanted and one.fix == "safe" and not one.default
    )


def clean(
    staged: Staged,
    settings: Settings,
    aside: Aside,
    place: Path,
    *,
    levels: Collection[Safety],
    repeated: bool = False,
) -> Clean:
    """Mend the rows, then drop what is no use.

    Args:
        staged: What was read.
        settings: From `fixing_settings`.
        aside: Takes the rows that are set aside.
        place: Where to write.
        levels: Which fixes are made: "safe" ones, and "drop".
        repeated: Whether exact duplicates stay.
    """
    kept = Clean(place)
    with (
        spilling(None),
        mended(f"{staged.place}", settings, levels, anew=False) as result,
        place.open("wb") as out,
    ):
        _set_aside(result.aside, staged, aside)
        kept.fixed = _by_name(result.fixed, settings)
        data = open_data(result.place, format=staged.layout.name)
        again = set() if repeated else _repeats(data, staged.layout)
        for example in data:
            here = example.location.line or 1
            line = staged.lines[result.changes.origin(here) - 1]
            if example.broken is not None:
                aside.add(reason_of(example), line, example.raw.decode("utf-8", "replace"))
            elif not example.messages:
                aside.add(_EMPTY, line, example.value)
            elif here in again:
                aside.add(DUPLICATE, line, example.value)
            else:
                out.write(example.raw + b"\n")
                kept.lines.append(line)
    return kept


def _repeats(data: DataSet, layout: Layout) -> set[int]:
    """Lines of rows that teach what an earlier one does; beyond a few MB state goes to disk."""
    seen = Groups()
    for example in data:
        if example.broken is None:
            seen.add(_digest(example, layout), example.location)
    return {member.location.line or 0 for _, *again in seen.repeated() for member in again}


def _set_aside(place: Path, staged: Staged, aside: Aside) -> None:
    """Rows that lint dropped, with the lines of the input."""
    if not place.exists():
        return
    with place.open("rb") as stream:
        for raw in stream:
            one: dict[str, Any] = json.loads(raw)
            reason = str(one["reason"])
            aside.add(Phrase(reason, reason), staged.lines[one["line"] - 1], one["row"])


def _by_name(fixed: Counter[tuple[str, str]], settings: Settings) -> Mapping[str, int]:
    drops = {rule.name for rule in rules_for(settings) if rule.fix == "drop"}
    return {name: n for (_, name), n in sorted(fixed.items()) if name not in drops}


def safe_fixes(path: Path, settings: Settings, place: Path) -> Mapping[str, int]:
    """Mend a file of a target into another place; rule name to number, empty where nothing was."""
    with mended(f"{path}", settings, {"safe"}, anew=False) as result:
        if result.changed:
            place.write_bytes(result.place.read_bytes())
        return _by_name(result.fixed, settings)


def _digest(example: Example, layout: Layout) -> bytes:
    """Equal for rows that teach the same, whatever stands beside the conversation."""
    value = example.value
    if layout.beside == "top" or (layout.keys.issuperset(value) and "metadata" not in value):
        return example.digest
    own = {key: value[key] for key in value if key in layout.keys and key != "metadata"}
    return key_of(canonical(own))
