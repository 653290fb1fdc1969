# SPDX-License-Identifier: Apache-2.0
"""The JSON Schema of a tool's parameters, compiled once: is it one, and do arguments fit it?

Schemas are data and may be hostile. Nothing is fetched, patterns run in a linear-time engine (those
it cannot run are left out), and schemas whose checking could take long are not used.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from evalkit.core.example import Example
from evalkit.lint.calls import declared
from evalkit.lint.latest import Latest

__all__ = ["Misfit", "Schema", "compiled", "schemas"]

_WORK = 50_000_000  # nodes of the schema times characters of the arguments: about a second
_BRANCHES = 1_000_000  # ways through a schema that calls itself
_NODES = 20_000
_DEEP = 200  # levels; the engine recurses natively, and rows themselves may be no deeper
_LONG = 100_000  # characters: longer schemas are not remembered
_BY_NAME = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
)
_DATA = frozenset({"enum", "const", "default", "example", "examples"})
_OPEN = ("patternProperties", "additionalProperties", "allOf", "anyOf", "oneOf", "$ref", "if")


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing in arguments that their schema does not allow.

    Attributes:
        path: Keys and indices, to the key that is missing or too much where it is that.
        keyword: Such as "required", "additionalProperties", "type" or "enum".
        value: What stands there, None where nothing does.
        wanted: The types or values that are allowed, in JSON's words; else the keyword's value.
    """

    path: tuple[str | int, ...]
    keyword: str
    value: Any
    wanted: Any


@dataclass(frozen=True, slots=True)
class Schema:
    """What became of a schema.

    Attributes:
        invalid: Path and value of what makes it no JSON Schema, None where it is one.
        kind: Its `type` where that is not "object"; "" where it is, or where nothing is said of it.
        untyped: Whether it describes an object and does not say so.
        unlisted: Paths of required keys that its `properties` do not know.
        validator: The compiled schema, None where it cannot or must not be used.
        nodes: How large it is with its references written out.
        calls_itself: How many of its references lead back into it.
        body: The schema itself.
    """

    invalid: tuple[tuple[str | int, ...], Any] | None = None
    kind: str = ""
    untyped: bool = False
    unlisted: tuple[tuple[str | int, ...], ...] = ()
    validator: Any = None
    nodes: int = 0
    calls_itself: int = 0
    body: Any = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing speaks against it."""
        return not (self.invalid or self.kind or self.untyped or self.unlisted)

    def misfits(self, arguments: Any, size: int) -> Iterator[Misfit]:
        """What the schema has against some arguments; nothing where it cannot say.

        Args:
            arguments: The parsed value.
            size: Characters of its JSON.
        """
        if self.validator is None or self.nodes * size > _WORK:
            return
        # Brackets take two characters a level.
        depth = _depth(arguments) if self.calls_itself > 1 or size > 2 * _DEEP else 0
        if depth > _DEEP or self.calls_itself**depth > _BRANCHES:
            return
        try:
            if self.validator.is_valid(arguments):
                return
            errors = list(self.validator.iter_errors(arguments))
        except ValueError:  # too deep, or not to be taken over by the engine
            return
        for error in errors:
            yield from self._told(error, arguments)

    def _told(self, error: Any, arguments: Any) -> Iterator[Misfit]:
        path, keyword = tuple(error.instance_path), error.kind.name
        value = _inside(arguments, path)
        detail = error.kind
        if keyword == "required":
            yield Misfit((*path, detail.property), keyword, None, None)
        elif keyword in ("additionalProperties", "unevaluatedProperties"):
            for key in detail.unexpected:
                yield Misfit((*path, key), keyword, _inside(value, (key,)), None)
        elif keyword == "type":
            owner = _inside(self.body, error.schema_path[:-1])
            said = owner.get("type") if isinstance(owner, Mapping) else None
            if value is None and said is not None and owner.get("nullable") is True:
                return  # OpenAPI's way to allow null
            wanted = [said] if isinstance(said, str) else said
            yield Misfit(path, keyword, value, wanted or sorted(detail.types))
        elif keyword in ("enum", "const"):
            wanted = detail.options if keyword == "enum" else [detail.expected_value]
            yield Misfit(path, "enum", value, wanted)
        else:
            owner = _inside(self.body, error.schema_path[:-1])
            wanted = owner.get(keyword) if isinstance(owner, Mapping) else None
            yield Misfit(path, keyword, value, wanted)


_NONE = Schema()  # of a function that says nothing of its arguments


@Latest
def schemas(example: Example) -> Sequence[Schema]:
    """The compiled parameters of each tool that the row declares, in the order of `declared`."""
    return [compiled(tool.parameters) for tool in declared(example)]


def compiled(parameters: Any) -> Schema:
    """The compiled form of a tool's `parameters`, remembered for equal ones."""
    if not parameters or not isinstance(parameters, dict):
        return _NONE
    try:
        text = json.dumps(parameters)
    except (ValueError, RecursionError):
        return Schema()
    return _made(text) if len(text) <= _LONG else _made.__wrapped__(text)


@lru_cache(maxsize=256)
def _made(text: str) -> Schema:
    try:
        body = json.loads(text)
        nodes, calls_itself = _extent(body)
        if not isinstance(body, dict) or nodes > _NODES:
            return Schema(body=body)
        validator, invalid = _validator(body)
    except (ValueError, RecursionError):  # deeper than anything that is meant
        return Schema()
    kind, untyped = _kind(body)
    return Schema(
        invalid=invalid,
        kind=kind,
        untyped=untyped,
        unlisted=() if invalid else tuple(_unlisted(body)),
        validator=validator,
        nodes=nodes,
        calls_itself=calls_itself,
        body=body,
    )


def _validator(body: dict[str, Any]) -> tuple[Any, tuple[tuple[str | int, ...], Any] | None]:
    """The compiled schema, or what makes it no schema of any draft that is in use."""
    import jsonschema_rs

    drafts = [
        jsonschema_rs.Draft202012Validator,
        jsonschema_rs.Draft7Validator,
        jsonschema_rs.Draft4Validator,
    ]
    named = body.get("$schema")
    if isinstance(named, str) and "draft-0" in named:
        drafts = [*drafts[1:], drafts[0]]
    patterns = jsonschema_rs.RegexOptions(size_limit=1 << 20)
    first: tuple[tuple[str | int, ...], Any] | None = None
    # What the linear engine cannot run (look-around) is no fault, and goes without a check.
    for schema in (body, _without_patterns(body)):
        for draft in drafts:
            try:
                validator = draft(
                    schema,
                    registry=jsonschema_rs.Registry([]),
                    validate_formats=False,
                    offline=True,
                    pattern_options=patterns,
                )
            except jsonschema_rs.ValidationError as error:
                path = tuple(error.instance_path)
                if path[-1:] == ("pattern",) or "patternProperties" in path:
                    continue
                place = (path, _inside(body, path))
                if error.kind.name != "$ref":
                    first = first or place
                elif (nowhere := _nowhere(body)) is not None:
                    first = first or nowhere
            except ValueError:  # too deep
                return None, None
            else:
                return validator, None
    return None, first


def _nowhere(body: Any) -> tuple[tuple[str | int, ...], Any] | None:
    """The first reference into the schema itself that leads to nothing; others are not judged."""
    for path, schema in _schemas(body):
        target = schema.get("$ref")
        if isinstance(target, str) and target.startswith("#/") and _target(body, target) is None:
            return (*path, "$ref"), target
    return None


def _schemas(body: Any) -> Iterator[tuple[tuple[str | int, ...], Mapping[str, Any]]]:
    """Every subschema that is an object, with its path, outer ones first."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), body)]
    while waiting:
        path, schema = waiting.pop()
        if isinstance(schema, list):
            waiting += [((*path, i), one) for i, one in reversed(list(enumerate(schema)))]
        if not isinstance(schema, dict):
            continue
        yield path, schema
        for key, inner in reversed(schema.items()):
            if key in _DATA:
                continue
            if key in _BY_NAME and isinstance(inner, dict):
                waiting += [((*path, key, name), one) for name, one in reversed(inner.items())]
            elif isinstance(inner, dict | list):
                waiting.append(((*path, key), inner))


def _without_patterns(schema: Any) -> Any:
    """The schema without its patterns, and without what would say too much then."""
    if isinstance(schema, list):
        return [_without_patterns(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    gone = {"pattern", "patternProperties"}
    if "patternProperties" in schema:
        gone |= {"additionalProperties", "unevaluatedProperties"}
    kept: dict[str, Any] = {}
    for key, inner in schema.items():
        if key in gone:
            continue
        if key in _BY_NAME and isinstance(inner, Mapping):
            kept[key] = {name: _without_patterns(one) for name, one in inner.items()}
        else:
            kept[key] = inner if key in _DATA else _without_patterns(inner)
    return kept


def _kind(body: Mapping[str, Any]) -> tuple[str, bool]:
    kind = body.get("type")
    if isinstance(kind, str) and kind != "object":
        return kind, False
    return "", kind is None and "properties" in body


def _unlisted(body: Any) -> Iterator[tuple[str | int, ...]]:
    for where, schema in _schemas(body):
        required, known = schema.get("required"), schema.get("properties")
        if not isinstance(required, list) or not isinstance(known, Mapping):
            continue
        if any(schema.get(key) for key in _OPEN) or _is_partial(where):
            continue  # something else may allow the key
        for key in required:
            if isinstance(key, str) and key not in known:
                yield (*where, "required", key)


def _is_partial(where: tuple[str | int, ...]) -> bool:
    """Whether a subschema speaks of an object that another one describes too."""
    return any(step in ("allOf", "anyOf", "oneOf", "not", "if", "then", "else") for step in where)


def _extent(body: Any) -> tuple[int, int]:
    """Nodes of a schema with its references written out once each time, and those in a circle.

    Dynamic references count as more than any schema may have.
    """
    sizes: dict[str, tuple[int, int]] = {}
    open_now: set[str] = set()

    def of(value: Any) -> tuple[int, int]:
        if isinstance(value, list):
            parts = [of(one) for one in value]
        elif isinstance(value, Mapping):
            parts = [of(one) for one in value.values()]
            target = value.get("$ref")
            if isinstance(target, str) and target.startswith("#"):
                parts.append(referred(target))
            if "$dynamicRef" in value or "$recursiveRef" in value:
                parts.append((_NODES + 1, 0))
        else:
            return 1, 0
        return 1 + sum(n for n, _ in parts), sum(c for _, c in parts)

    def referred(target: str) -> tuple[int, int]:
        if target in open_now:
            return 1, 1
        if target not in sizes:
            open_now.add(target)
            sizes[target] = of(_target(body, target))
            open_now.discard(target)
        return sizes[target]

    open_now.add("#")
    return of(body)


def _target(body: Any, target: str) -> Any:
    from urllib.parse import unquote

    value = body
    for name in unquote(target).split("/")[1:]:
        key = name.replace("~1", "/").replace("~0", "~")
        value = _inside(value, (int(key) if isinstance(value, list) and key.isdecimal() else key,))
    return value


def _inside(value: Any, path: Any) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _depth(value: Any) -> int:
    """How deep lists and objects are nested; 0 for a scalar."""
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        one, level = waiting.pop()
        inner = one.values() if isinstance(one, Mapping) else one if isinstance(one, list) else None
        if inner is not None:
            deepest = max(deepest, level + 1)
            waiting += [(i, level + 1) for i in inner]
    return deepest
