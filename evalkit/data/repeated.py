# SPDX-License-Identifier: Apache-2.0
"""Rows in which a key stands twice in one object: read all the same, and the keys named."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from evalkit.core.pointer import to_pointer

__all__ = ["reread"]

_MOST = 20  # keys that are named of one row


class _Object(dict[str, Any]):
    """A JSON object that remembers which of its keys stood in it more than once."""

    twice: tuple[str, ...] = ()


def reread(raw: bytes, error: str) -> tuple[Any, tuple[str, ...], str]:
    """What becomes of a value that jiter refused with `catch_duplicate_keys`.

    Args:
        raw: The record.
        error: What jiter said of it.

    Returns:
        The value with the last of equal keys, pointers of the keys that stand more than once, and
        the empty string; or None, nothing, and the error that there is whatever the keys.
    """
    from jiter import from_json

    if not error.startswith("Detected duplicate key"):
        return None, (), error
    try:
        value = from_json(raw, allow_inf_nan=False, cache_mode="keys")
    except ValueError as worse:
        return None, (), str(worse)
    return value, _pointers(raw), ""


def _pointers(raw: bytes) -> tuple[str, ...]:
    found: list[str] = []
    # Numbers do not matter here, and Python refuses to read some that jiter reads.
    root = json.loads(raw, object_pairs_hook=_object, parse_int=len, parse_float=len)
    left: list[tuple[tuple[str | int, ...], Any]] = [((), root)]
    while left and len(found) < _MOST:
        path, value = left.pop()
        inner: Any = ()
        if isinstance(value, _Object):
            found += [to_pointer((*path, key)) for key in value.twice]
            inner = value.items()
        elif isinstance(value, list):
            inner = enumerate(value)
        left += [((*path, key), item) for key, item in reversed([*inner]) if item]
    return tuple(found[:_MOST])


def _object(pairs: list[tuple[str, Any]]) -> _Object:
    made = _Object(pairs)
    if len(made) < len(pairs):
        seen = Counter(key for key, _ in pairs)
        made.twice = tuple(key for key, times in seen.items() if times > 1)
    return made
