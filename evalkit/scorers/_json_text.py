# SPDX-License-Identifier: Apache-2.0
"""JSON in an answer: the one reader of all scorers, graders and judges, and a strict one.

NaN and Infinity, which Python would take, are no JSON (RFC 8259), nor is a key that stands twice in
one object: readers disagree on it, so which of the two is meant nobody knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from evalkit.core.printable import excerpt

__all__ = ["Parsed", "TwiceError", "objects_in", "parsed"]

_DEEPEST = 100
_MOST_DIGITS = 4_000  # of an int: Python reads 4,300 and no more
_FENCED = re.compile(r"\s*```[ \t]*(?:json|JSON)?[ \t]*\r?\n(.*?)\r?\n?[ \t]*```\s*", re.DOTALL)


class TwiceError(ValueError):
    """A key stands twice in one object."""


class Parsed(NamedTuple):
    """A JSON value, or why there is none.

    Attributes:
        value: Where `why` is empty.
        why: What is wrong.
    """

    value: Any
    why: str = ""


def parsed(text: str, *, fenced: bool) -> Parsed:
    """The JSON value that the whole text is.

    Args:
        text: Hostile data.
        fenced: Whether a Markdown fence around it is taken off.
    """
    if not text.strip():
        return Parsed(None, "no text")
    fence = _FENCED.fullmatch(text) if fenced else None
    try:
        value = json.loads(fence[1] if fence else text, **_STRICT)
    except RecursionError:
        return Parsed(None, "not JSON: nested too deep")
    except ValueError as error:
        return Parsed(None, f"not JSON: {excerpt(str(error), 80)}")
    if _too_deep(value):
        return Parsed(None, f"JSON nested deeper than {_DEEPEST}")
    return Parsed(value)


def objects_in(text: str, most: int) -> Iterator[Mapping[str, Any]]:
    """The JSON objects that stand in a text, outermost ones, in order.

    Args:
        text: Hostile data; text around the objects does not count.
        most: How many places that look like one are tried.

    Raises:
        TwiceError: A key stands twice in one of them.
    """
    decoder = json.JSONDecoder(**_STRICT)
    place = text.find("{")
    for _ in range(most):
        if place < 0:
            return
        try:
            value, end = decoder.raw_decode(text, place)
        except TwiceError:
            raise
        except (ValueError, RecursionError):
            end = place + 1
        else:
            yield value
        place = text.find("{", end)


def _too_deep(value: Any) -> bool:
    """Whether what walks the value would have to go further down than is sane."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _whole(digits: str) -> int | Decimal:
    """A whole number of any length: JSON has no greatest one, and Python's `int` does."""
    return int(digits) if len(digits) <= _MOST_DIGITS else Decimal(digits)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for i, key in enumerate(keys) if key in keys[:i])
        raise TwiceError(f"the key {twice!r} stands twice")
    return found


_STRICT: Mapping[str, Any] = {
    "parse_constant": _refused,
    "parse_int": _whole,
    "object_pairs_hook": _once,
}
