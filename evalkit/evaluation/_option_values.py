# SPDX-License-Identifier: Apache-2.0
"""Values of options in a suite: of the kind that a scorer's signature says, or from a JSON file."""

from __future__ import annotations

import hashlib
import json
import types
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from evalkit.core.errors import InputError, UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion

__all__ = ["checked_value", "hashed", "json_document"]

_LARGEST = 4_000_000  # bytes of a schema or grader
_PARTING = ("separator",)  # an empty one parts nothing
_WORDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}


def checked_value(function: Callable[..., Any], key: str, value: Any, where: str) -> Any:
    """The value, where it is of the kind that the function's parameter is annotated with.

    Args:
        function: A scorer; what it does not annotate takes anything.
        key: Of the option.
        value: As the suite has it.
        where: For messages.

    Raises:
        UsageError: Of another kind.
    """
    try:
        kind = get_type_hints(function).get(key, Any)
    except Exception:  # noqa: BLE001  names that only a type checker knows
        return value
    if isinstance(value, float) and not isfinite(value):
        raise UsageError(f"{where}: `{key}` is {value:g}", f"it must be {_told(kind)}, and finite")
    if key in _PARTING and value == "":
        raise UsageError(f"{where}: `{key}` is empty", f"such as {key}: '|', or leave it out")
    if _fits(value, kind):
        return value
    words = [str(word) for word in _choices(kind)]
    near = suggestion(value, words) if isinstance(value, str) else ""
    raise UsageError(
        f"{where}: `{key}` is `{excerpt(str(value))}`{near}", f"it must be {_told(kind)}"
    )


def json_document(given: Any, folder: Path, where: str) -> Any:
    """A JSON value that stands in the suite, or in a file that the suite names.

    Raises:
        InputError: The file cannot be read, or is no JSON.
        UsageError: Neither a path nor a mapping.
    """
    if isinstance(given, Mapping | bool):
        return given
    if not isinstance(given, str):
        raise UsageError(f"{where}: neither a JSON file nor a mapping", "such as order.schema.json")
    path = folder / given
    try:
        raw = path.read_bytes()
        if len(raw) > _LARGEST:
            raise InputError(f"{excerpt(str(path), 200)}: larger than {_LARGEST // 1_000_000} MB")
        return json.loads(raw.decode("utf-8-sig"))
    except OSError as error:
        raise InputError(
            f"cannot read {excerpt(str(path), 200)}: {error.strerror}",
            "is the path right, from the suite's folder?",
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{excerpt(str(path), 200)}: not JSON: {excerpt(str(error), 100)}", "mend the file"
        ) from error


def hashed(raw: bytes) -> str:
    """Twelve hex digits of sha256."""
    return hashlib.sha256(raw).hexdigest()[:12]


def _fits(value: Any, kind: Any) -> bool:
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any or kind is object:
        return True
    if origin in (Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is Literal:
        return any(value == one and type(value) is type(one) for one in inner)
    if kind is None or kind is type(None):
        return value is None
    if kind is bool:
        return isinstance(value, bool)
    if kind in (int, float):
        wanted = (int,) if kind is int else (int, float)
        return isinstance(value, wanted) and not isinstance(value, bool)
    if origin in (Sequence, list, tuple):
        of = inner[0] if inner else Any
        return isinstance(value, list | tuple) and all(_fits(one, of) for one in value)
    if origin in (Mapping, dict):
        return isinstance(value, Mapping) and all(
            _fits(k, inner[0]) and _fits(v, inner[1]) for k, v in value.items()
        )
    return isinstance(value, kind) if isinstance(kind, type) else True


def _choices(kind: Any) -> list[Any]:
    inner = get_args(kind)
    if get_origin(kind) is Literal:
        return list(inner)
    return [choice for one in inner for choice in _choices(one)]


def _told(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_told(one) for one in inner if one is not type(None)))
    if origin is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if origin in (Sequence, list, tuple):
        return "a list"
    if origin in (Mapping, dict) or kind in (dict, Mapping):
        return "a mapping"
    return _WORDS.get(kind, "something else")
