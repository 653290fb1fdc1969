# SPDX-License-Identifier: Apache-2.0
"""Tool calls as name and arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from evalkit.scorers._fields import Field, fields_of
from evalkit.scorers._json_text import parsed

__all__ = ["Call", "calls_of"]


class Call(NamedTuple):
    """One call.

    Attributes:
        name: Of the function.
        fields: Of its arguments.
        why: What is wrong with the arguments' text; "" where nothing is.
    """

    name: str
    fields: Counter[Field]
    why: str = ""


def calls_of(
    calls: Sequence[Mapping[str, Any]], *, ignore: Sequence[str] = (), strict: bool = False
) -> list[Call]:
    """The calls of an answer, as chat completions write them or as plain name and arguments.

    Args:
        calls: Hostile data; ids are not looked at.
        ignore: Arguments that do not count.
        strict: Texts must be equal as they stand.
    """
    found = []
    for call in calls:
        told = call.get("function") or call.get("custom") or call
        told = told if isinstance(told, Mapping) else {}
        arguments = told.get("arguments", told.get("input", {}))
        why = ""
        if isinstance(arguments, str):
            read = parsed(arguments, fenced=False) if arguments.strip() else None
            why = read.why if read is not None else ""
            arguments = {} if read is None or why else read.value
        if isinstance(arguments, Mapping):
            arguments = {k: v for k, v in arguments.items() if k not in ignore}
        fields = fields_of(arguments, strict=strict) if arguments != {} else Counter[Field]()
        found.append(Call(str(told.get("name", "")), fields, why))
    return found
