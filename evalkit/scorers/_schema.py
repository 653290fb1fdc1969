# SPDX-License-Identifier: Apache-2.0
"""JSON Schemas that users bring: compiled offline, patterns without back-tracking."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.secrets import quoted

__all__ = ["faults", "validator"]

# As jsonschema-rs says it; what it says otherwise is passed on.
_ELSEWHERE = re.compile(r"Resource '(?:json-schema:///)?(.*?)' is not present")
_HALF = re.compile("[\ud800-\udfff]")
_DRAFT = "a draft, such as https://json-schema.org/draft/2020-12/schema"
_POINTER = re.compile(r"Pointer '(.*?)' does not exist")


def faults(document: Mapping[str, Any] | bool, value: Any) -> list[str]:
    """What is wrong with a value by a schema, each fault one line with its place; [] = nothing.

    Raises:
        UsageError: It is no schema.
    """
    compiled = validator(document)
    if _halved(value):  # JSON can write them as escapes, and no schema knows such texts
        return ["a text in it is no Unicode (a lone surrogate)"]
    try:
        return [
            f"{_place(error.instance_path)}: {excerpt(error.message, 100)}"
            for error in compiled.iter_errors(value)
        ]
    except ValueError:  # a number that Python refuses to write out, in the message of a fault
        return [] if compiled.is_valid(value) else ["a very long number in it is not as it must be"]


def validator(document: Mapping[str, Any] | bool) -> Any:
    """The compiled schema; nothing is fetched, a `$ref` to elsewhere is an error.

    Raises:
        UsageError: It is no schema.
    """
    return _compiled(json.dumps(document, sort_keys=True))


@lru_cache(maxsize=16)
def _compiled(text: str) -> Any:
    import jsonschema_rs

    document = json.loads(text)
    try:
        return jsonschema_rs.validator_for(
            document,
            registry=jsonschema_rs.Registry([]),
            offline=True,
            validate_formats=True,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=1 << 20),
        )
    except (jsonschema_rs.ValidationError, ValueError) as error:
        said = " ".join((getattr(error, "message", "") or str(error)).split())
        raise UsageError(*_told(said)) from None


def _told(said: str) -> tuple[str, str]:
    """What is wrong with a schema and how to mend it, of what the library says."""
    if gone := _ELSEWHERE.match(said):
        return (
            f"the JSON Schema refers to `{quoted(gone[1], 80)}`, which is not in it",
            f"nothing is fetched: put that part under `$defs`; `$schema` may name {_DRAFT}",
        )
    if gone := _POINTER.match(said):
        return (
            f"the JSON Schema refers to `#{quoted(gone[1], 80)}`, and nothing stands there",
            "mend the $ref, or add what it names",
        )
    return (
        f"no valid JSON Schema: {quoted(said, 160)}",
        "mend it; patterns go without look-around and back-references",
    )


def _halved(value: Any) -> bool:
    """Whether a text in a JSON value holds a lone surrogate."""
    if isinstance(value, str):
        return _HALF.search(value) is not None
    if isinstance(value, Mapping):
        return any(_halved(key) or _halved(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_halved, value))


def _place(path: Any) -> str:
    return "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path) or "the whole"
