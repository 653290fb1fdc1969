# SPDX-License-Identifier: Apache-2.0
"""A fault put into words: one printable line in the reader's language."""

from __future__ import annotations

from typing import Any

from evalkit.core.finding import Finding
from evalkit.core.location import Location
from evalkit.core.printable import printable
from evalkit.core.secrets import quoted
from evalkit.core.strings import Language
from evalkit.lint.walk import Reported

__all__ = ["finding_of", "whereabouts"]


def finding_of(reported: Reported, language: Language) -> Finding:
    """The finding of a reported fault.

    Strings in its arguments are data: they are cut, made printable, and rid of secrets.
    """
    rule, fault, location = reported.run.rule, reported.fault, reported.location
    shown = {name: _shown(value, location, language) for name, value in fault.args.items()}
    return Finding(
        code=rule.code,
        name=rule.name,
        severity=reported.run.severity,
        location=location,
        message=rule.messages[language].format_map(shown),
        pointer=fault.pointer,
        cell=reported.cell,
        fix=fault.fix,
        row=reported.row,
    )


def _shown(value: object, location: Location, language: Language) -> Any:
    if isinstance(value, Location):
        return whereabouts(value, location, language)
    if isinstance(value, tuple):  # some of many places
        return ("、" if language == "zh" else ", ").join(
            f"{_shown(one, location, language)}" for one in value
        )
    return quoted(value) if isinstance(value, str) else value


def whereabouts(place: Location, seen_from: Location, language: Language) -> str:
    """Where another example stands, said as short as the place it is seen from allows."""
    if place.line is None:
        return printable(place.source)
    if place.source != seen_from.source:
        return printable(f"{place.source}:{place.line}")
    return f"第 {place.line} 行" if language == "zh" else f"line {place.line}"
