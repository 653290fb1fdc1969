# SPDX-License-Identifier: Apache-2.0
"""JSON pointers (RFC 6901): where in a value something stands, and what stands there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["at", "replaced", "steps", "strings", "to_pointer"]


def to_pointer(path: Iterable[str | int]) -> str:
    """The pointer of a path: ["messages", 0] is "/messages/0", the whole value is ""."""
    return "".join(_step(step) if isinstance(step, str) else f"/{step}" for step in path)


def _step(key: str) -> str:
    if "~" in key or "/" in key:
        key = key.replace("~", "~0").replace("/", "~1")
    return f"/{key}"


def steps(pointer: str) -> list[str]:
    """The keys and indexes of a pointer, in order: "/a~1b/0" is ["a/b", "0"]."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _key(value: Any, step: str) -> Any:
    return int(step) if isinstance(value, list) else step


def at(value: Any, pointer: str) -> Any:
    """What stands at a pointer.

    Raises:
        LookupError: Nothing stands there.
    """
    for step in steps(pointer):
        try:
            value = value[_key(value, step)]
        except (LookupError, ValueError, TypeError) as error:
            raise LookupError(pointer) from error
    return value


def replaced(value: Any, pointer: str, new: Any) -> Any:
    """The value with something else at a pointer; the given value stays as it is.

    Raises:
        LookupError: Nothing stands there.
    """
    at(value, pointer)
    return _replaced(value, steps(pointer), new)


def _replaced(value: Any, path: list[str], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    key = _key(value, path[0])
    copy[key] = _replaced(value[key], path[1:], new)
    return copy


def strings(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Every string inside a value with its pointer, keys left out, in the value's order."""
    waiting = [(pointer, value)]  # not recursive: data may be nested as deep as it likes
    while waiting:
        where, one = waiting.pop()
        if isinstance(one, str):
            yield where, one
        elif isinstance(one, dict):
            waiting += [(where + _step(k), one[k]) for k in reversed(one)]
        elif isinstance(one, list):
            waiting += [(f"{where}/{i}", one[i]) for i in reversed(range(len(one)))]
