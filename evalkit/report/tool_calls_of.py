# SPDX-License-Identifier: Apache-2.0
"""Expected and given tool calls side by side, by name and argument."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evalkit.scorers._fields import fields_of
from evalkit.scorers._json_text import parsed

__all__ = ["Argument", "CallPair", "pair_calls"]

What = Literal["same", "other", "missing", "extra"]
Calls = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call, at its first level.

    Attributes:
        name: Its key; "" = the arguments as a whole, where they are no JSON object.
        wanted: As JSON on one line; "" = not expected.
        given: Likewise; "" = not there.
        what: "same" by value (1 and 1.0, blanks and full width do not count), "other", "missing",
            "extra".
    """

    name: str
    wanted: str
    given: str
    what: What


@dataclass(frozen=True, slots=True)
class CallPair:
    """An expected call beside the given one.

    Attributes:
        name: Of the tool; hostile.
        what: "same": name and arguments; "other": its arguments differ; "missing"; "extra".
        arguments: Of both, those of the expected call first.
    """

    name: str
    what: What
    arguments: tuple[Argument, ...]


def pair_calls(wanted: Calls, given: Calls) -> list[CallPair]:
    """Calls paired by name in their order, equal ones first; what is left is missing or extra.

    Args:
        wanted: Name and arguments (JSON text) of each expected call.
        given: Of each that the model made; hostile.
    """
    left = list(range(len(given)))
    partner: dict[int, int] = {}
    for exact in (True, False):
        for at, call in enumerate(wanted):
            if at in partner:
                continue
            for other in left:
                same_name = given[other][0] == call[0]
                if same_name and (not exact or _alike(call[1], given[other][1])):
                    partner[at] = other
                    left.remove(other)
                    break
    pairs = []
    for at, (name, arguments) in enumerate(wanted):
        if at not in partner:
            pairs.append(CallPair(name, "missing", tuple(_one_side(arguments, "missing"))))
            continue
        compared = tuple(_compared(arguments, given[partner[at]][1]))
        same = all(one.what == "same" for one in compared)
        pairs.append(CallPair(name, "same" if same else "other", compared))
    pairs += [
        CallPair(given[at][0], "extra", tuple(_one_side(given[at][1], "extra"))) for at in left
    ]
    return pairs


def _alike(wanted: str, given: str) -> bool:
    return all(one.what == "same" for one in _compared(wanted, given))


def _compared(wanted: str, given: str) -> Iterator[Argument]:
    ours, theirs = _object(wanted), _object(given)
    if ours is None or theirs is None:  # broken JSON, or no object: as a whole
        yield Argument("", wanted, given, "same" if wanted.strip() == given.strip() else "other")
        return
    for key, value in ours.items():
        if key not in theirs:
            yield Argument(key, _line(value), "", "missing")
        else:
            same = _plain(value) == _plain(theirs[key])
            yield Argument(key, _line(value), _line(theirs[key]), "same" if same else "other")
    for key, value in theirs.items():
        if key not in ours:
            yield Argument(key, "", _line(value), "extra")


def _one_side(arguments: str, what: Literal["missing", "extra"]) -> Iterator[Argument]:
    found = _object(arguments)
    values = {"": arguments} if found is None else {k: _line(v) for k, v in found.items()}
    for key, value in values.items():
        yield Argument(key, *((value, "") if what == "missing" else ("", value)), what)


def _object(arguments: str) -> Mapping[str, Any] | None:
    """The arguments as an object; None where they are none. Nothing at all is an empty one."""
    if not arguments.strip():
        return {}
    read = parsed(arguments, fenced=False)
    return read.value if not read.why and isinstance(read.value, Mapping) else None


def _plain(value: Any) -> Counter[tuple[str, Hashable]]:
    return fields_of(value)


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
