# SPDX-License-Identifier: Apache-2.0
"""Rows against the schema of their format: what has the wrong shape, and whose matter it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from evalkit.core.example import Example
from evalkit.core.pointer import to_pointer
from evalkit.core.resources import schema

__all__ = ["Violation", "violations"]

_FALLBACK = "unknown-format"  # for constraints of a schema that name no rule
_ROLES = ("missing-role", "unknown-role")


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint of a schema that a row breaks.

    Attributes:
        rule: Name of the rule that reports it: the schema's `x-rule` for the keyword.
        pointer: Of what is wrong, or of the object that lacks something.
        keyword: Such as "required", "enum", "type".
        wanted: The keyword's value in the schema.
        value: What stands there.
        example: The row.
        missing: For "required": the key that is not there.
    """

    rule: str
    pointer: str
    keyword: str
    wanted: Any
    value: Any
    example: Example
    missing: str = ""


def violations(example: Example) -> list[Violation]:
    """What the schema of the example's format has against it; nothing for unknown formats.

    One for each place and rule. What cannot be judged while something else is wrong is left out: a
    content that lacks while the role is not known, a value whose inside is at fault.
    """
    checker = _checker(example.format.name) if example.format is not None else None
    if checker is None or checker.passes(example.value):
        return []
    kept: dict[tuple[str, str], Violation] = {}
    for violation in checker.broken(example):
        kept.setdefault((_place(violation), violation.rule), violation)
    speakers = {_owner(v) for v in kept.values() if v.rule in _ROLES}
    return [
        v
        for v in kept.values()
        if not (v.rule == "missing-content" and _owner(v) in speakers)
        and not (v.rule == _FALLBACK and any(o.rule != _FALLBACK for o in kept.values()))
    ]


def _place(violation: Violation) -> str:
    """What counts as one place: all parts of a content are one."""
    before, content, _ = violation.pointer.partition("/content")
    return before + content


def _owner(violation: Violation) -> str:
    """The message that a fault is of."""
    pointer = violation.pointer
    return pointer if violation.keyword == "required" else pointer.rpartition("/")[0]


@cache
def _checker(name: str) -> _Checker | None:
    try:
        return _Checker(schema(name))
    except FileNotFoundError:
        return None  # a format without a schema, from a key map or a plug-in


class _Checker:
    """A compiled schema; the Rust engine decides, and tells where."""

    def __init__(self, document: dict[str, Any]) -> None:
        import jsonschema_rs

        self.document = document
        self._validator = jsonschema_rs.Draft202012Validator(
            document, registry=jsonschema_rs.Registry([]), validate_formats=False
        )

    def passes(self, value: Any) -> bool:
        try:
            return bool(self._validator.is_valid(value))
        except ValueError:  # what the engine cannot take over (lone surrogates in keys, depth)
            return False

    def broken(self, example: Example) -> Iterator[Violation]:
        try:
            errors = [
                (e.instance_path, e.schema_path) for e in self._validator.iter_errors(example.value)
            ]
        except ValueError:
            errors = list(_reference(self.document, example.value))
        for instance_path, schema_path in errors:
            yield from self._named(example, list(instance_path), list(schema_path))

    def _named(
        self, example: Example, path: Sequence[str | int], schema_path: Sequence[str | int]
    ) -> Iterator[Violation]:
        keyword = str(schema_path[-1]) if schema_path else ""
        owner = _inside(self.document, schema_path[:-1])
        value = _inside(example.value, path)
        if not isinstance(owner, Mapping):
            return
        rule = owner.get("x-rule", {}).get(keyword, _FALLBACK)
        wanted = owner.get(keyword)
        missing: Iterable[str] = ("",)
        if keyword == "required" and isinstance(value, Mapping) and isinstance(wanted, list):
            missing = [key for key in wanted if key not in value]
        for key in missing:
            name = rule.get(key, _FALLBACK) if isinstance(rule, Mapping) else rule
            yield Violation(name, to_pointer(path), keyword, wanted, value, example, key)


def _reference(document: Mapping[str, Any], value: Any) -> Iterator[tuple[list[Any], list[Any]]]:
    import jsonschema

    for error in jsonschema.Draft202012Validator(document).iter_errors(value):
        yield list(error.absolute_path), list(error.absolute_schema_path)


def _inside(value: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value
