# SPDX-License-Identifier: Apache-2.0
"""Rows against the schema of their format: what has the wrong shape, and whose matter it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from evalkit.core.example import Example
from evalkit.core.pointer import to_pointer
from evalkit.core.resources import schema

__all__ = ["Violation", "violations"]

_FALLBACK = "unknown-format"  # for constraints of a schema that name no rule
_ROLES = ("missing-role", "unknown-role")
_LISTS = frozenset(  # keys of lists that some write as JSON text
    {
        "messages", "tools", "functions", "tool_calls", "conversations", "preferred_output",
        "non_preferred_output", "chosen_messages", "rejected_messages",
    }
)  # fmt: skip
# Keys that an object inside of a row may have: none of them is a misspelling of another.
_OWN = frozenset({"role", "content", "name", "from", "value", "type", "text", "function", "id"})
_NONE: list[Any] = []


@dataclass(frozen=True, slots=True)
class Violation:
    """One constraint of a schema that a row breaks.

    Attributes:
        rule: Name of the rule that reports it: the schema's `x-rule` for the keyword.
        pointer: Of what is wrong, or of the object that lacks something.
        keyword: Such as "required", "enum", "type"; "additionalProperties" for keys that the
            schema does not list; "" where the row is of no known layout.
        wanted: The keyword's value in the schema. For a misspelled key: wrong key to right key.
            For additional keys: the known ones. For rows of another layout: its name. For rows of
            none: the nearest one (`lint.keys.Nearest`) or None.
        value: What stands there. For additional keys: pointer of the object to its keys.
        example: The row.
        missing: For "required": the key that is not there.
        bars: Whether rules that need a valid shape must not see the row.
    """

    rule: str
    pointer: str
    keyword: str
    wanted: Any
    value: Any
    example: Example
    missing: str = ""
    bars: bool = True


def violations(example: Example) -> list[Violation]:
    """What the schema of the example's format has against it, one for each place and rule.

    What cannot be judged while something else is wrong is left out: a content that lacks while the
    role is not known, a value whose inside is at fault, additional keys of a row that is not valid.
    A row of another layout, or with misspelled keys, is that and nothing else.
    """
    if example.format is None:
        return [_unread(example)]
    if example.format.name == "openai-chat" and example.plain:
        return _NONE  # a property test holds that the schema has nothing against such rows
    checker = _checker(example.format.name)
    if checker is None:
        return _astray(example)
    if checker.has_nothing_against(example.value):
        return _NONE
    found = [] if checker.passes(example.value) else list(checker.broken(example))
    if not found:
        return list(checker.additional(example))
    if other := _other(example, found):
        return [other]
    kept: dict[tuple[str, str], Violation] = {}
    for violation in map(_explained, found):
        kept.setdefault((_place(violation), violation.rule), violation)
    speakers = {_owner(v) for v in kept.values() if v.rule in _ROLES}
    return [
        v
        for v in kept.values()
        if not (v.rule == "missing-content" and _owner(v) in speakers)
        and not (v.rule == _FALLBACK and any(o.rule != _FALLBACK for o in kept.values()))
    ]


def _unread(example: Example) -> Violation:
    """What to say of a row in a file that is of no known layout."""
    from evalkit.data.recognise import kind_of
    from evalkit.lint.keys import nearest

    if kind := kind_of(example.value):
        return Violation("mixed-formats", "", "", kind.name, example.value, example)
    near = nearest(example.value, None)
    return _misspelled(example) or Violation(_FALLBACK, "", "", near, example.value, example)


def _astray(example: Example) -> list[Violation]:
    """What to say of a row in a file whose layout has no schema: it may be of another one."""
    from evalkit.data.recognise import kind_of

    kind = None if example.messages else kind_of(example.value)
    if kind is None:
        return _NONE
    return [Violation("mixed-formats", "", "", kind.name, example.value, example)]


def _other(example: Example, found: Sequence[Violation]) -> Violation | None:
    """What to say of a row that is not of its file's layout, but of another or nearly so."""
    from evalkit.data.recognise import kind_of

    own = example.format.name if example.format is not None else ""
    kind = kind_of(example.value)
    lacking = any(v.pointer == "" and v.keyword in ("required", "anyOf") for v in found)
    if kind is not None and not {kind.name, own} <= {own, "openai-chat", "openai-reinforcement"}:
        checker = _checker(kind.name)
        if lacking or (checker is not None and checker.has_nothing_against(example.value)):
            return Violation("mixed-formats", "", "", kind.name, example.value, example)
    return _misspelled(example) if lacking else None


def _misspelled(example: Example) -> Violation | None:
    from evalkit.lint.keys import is_respelled, renamed, renamings

    first = example.format.name if example.format is not None else None
    for name, pairs in renamings(example.value, first):
        checker = _checker(name)
        if checker is not None and not checker.fits_outside(renamed(example.value, pairs)):
            continue
        typed = all(is_respelled(wrong, right) for wrong, right in pairs.items())
        rule = "full-width-key" if typed else "misspelled-key"
        return Violation(rule, "", "required", pairs, example.value, example)
    return None


def _explained(violation: Violation) -> Violation:
    """The violation, or what it comes from: a list as text, a key that is nearly the right one."""
    value = violation.value
    if violation.rule == "unknown-role" and isinstance(value, str):
        return _typed_role(violation)
    if violation.keyword == "type" and isinstance(value, str):
        if violation.pointer.rpartition("/")[2] in _LISTS and isinstance(_loaded(value), list):
            return replace(violation, rule="stringified-messages")
    elif violation.missing and violation.pointer and isinstance(value, dict):
        from evalkit.lint.keys import is_respelled, meant

        right = violation.missing
        wrong = meant(right, [k for k in value if len(k) < 30 and k not in _OWN])
        if wrong is not None:
            rule = "full-width-key" if is_respelled(wrong, right) else "misspelled-key"
            return replace(violation, rule=rule, wanted={wrong: right})
    return violation


def _typed_role(violation: Violation) -> Violation:
    """A role in full width or in quotes is a matter of typing, not of the word."""
    from evalkit.lint.keys import is_respelled

    wanted = violation.wanted if isinstance(violation.wanted, list) else ()
    for right in wanted:
        if isinstance(right, str) and is_respelled(violation.value.strip(), right):
            return replace(violation, rule="full-width-key", wanted={violation.value: right})
    return violation


def _loaded(text: str) -> Any:
    if text[:64].lstrip()[:1] != "[":
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


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


class _Closed(NamedTuple):
    """Objects whose keys the schema lists.

    Attributes:
        path: Keys that lead to them; "*" = each item of a list.
        known: The keys that it lists.
        rule: Of other keys, its `x-extra`.
    """

    path: tuple[str, ...]
    known: frozenset[str]
    rule: str


class _Checker:
    """A compiled schema; the Rust engine decides, and tells where.

    Where the schema names a rule for keys that it does not list (`x-extra`), the engine is asked
    first whether there are any: for most rows that is the only question.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._open = _compiled(document)
        self._objects = list(_closed_objects(document, document, ()))
        self._closed = _compiled(_closed(document)) if self._objects else self._open

    def has_nothing_against(self, value: Any) -> bool:
        """Whether the row is valid and has no key that the schema does not list."""
        return _is_valid(self._closed, value)

    def passes(self, value: Any) -> bool:
        """Whether the row is valid, whatever other keys it has."""
        return _is_valid(self._open, value)

    def fits_outside(self, value: Any) -> bool:
        """Whether the row's own keys are as they should be, whatever is inside of them."""
        return not any(len(path) < 2 for path, _ in self._errors(value))

    def additional(self, example: Example) -> Iterator[Violation]:
        """Keys that the schema does not list, one violation for each rule."""
        rules: dict[str, Violation] = {}
        for path, known, rule in self._objects:
            for pointer, value in _along(example.value, path):
                if isinstance(value, dict) and not known.issuperset(value):
                    if rule not in rules:
                        listed = sorted(known)
                        rules[rule] = Violation(
                            rule, pointer, "additionalProperties", listed, {}, example, bars=False
                        )
                    rules[rule].value[pointer] = [key for key in value if key not in known]
        yield from rules.values()

    def _errors(self, value: Any) -> list[tuple[list[Any], list[Any]]]:
        try:
            return [
                (list(e.instance_path), list(e.schema_path)) for e in self._open.iter_errors(value)
            ]
        except ValueError:
            return list(_reference(self.document, value))

    def broken(self, example: Example) -> Iterator[Violation]:
        for instance_path, schema_path in self._errors(example.value):
            yield from self._named(example, instance_path, schema_path)

    def _named(
        self, example: Example, path: Sequence[str | int], schema_path: Sequence[str | int]
    ) -> Iterator[Violation]:
        keyword = str(schema_path[-1]) if schema_path else ""
        owner = _stating(self.document, schema_path)
        value = _inside(example.value, path)
        if not isinstance(owner, Mapping):
            return
        pointer = to_pointer(path)
        rule = owner.get("x-rule", {}).get(keyword, _FALLBACK)
        wanted = owner.get(keyword)
        missing: Iterable[str] = ("",)
        if keyword == "required" and isinstance(value, Mapping) and isinstance(wanted, list):
            missing = [key for key in wanted if key not in value]
        for key in missing:
            name = rule.get(key, _FALLBACK) if isinstance(rule, Mapping) else rule
            yield Violation(name, pointer, keyword, wanted, value, example, key)


def _compiled(document: dict[str, Any]) -> Any:
    import jsonschema_rs

    registry = jsonschema_rs.Registry([])
    return jsonschema_rs.Draft202012Validator(document, registry=registry, validate_formats=False)


def _is_valid(validator: Any, value: Any) -> bool:
    try:
        return bool(validator.is_valid(value))
    except ValueError:  # what the engine cannot take over (lone surrogates in keys, depth)
        return False


def _closed(node: Any) -> Any:
    """The schema with every object closed that names a rule for other keys."""
    if isinstance(node, Mapping):
        inner = {key: _closed(value) for key, value in node.items()}
        return {**inner, "additionalProperties": False} if "x-extra" in node else inner
    return [_closed(one) for one in node] if isinstance(node, list) else node


def _closed_objects(
    document: Mapping[str, Any], node: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[_Closed]:
    """The objects of a schema that name a rule for other keys; the schema is not recursive."""
    if "$ref" in node:
        node = _inside(document, node["$ref"].removeprefix("#/").split("/"))
    if "x-extra" in node:
        yield _Closed(path, frozenset(node["properties"]), node["x-extra"])
    for key, inner in node.get("properties", {}).items():
        yield from _closed_objects(document, inner, (*path, key))
    if "items" in node:
        yield from _closed_objects(document, node["items"], (*path, "*"))


def _along(value: Any, path: tuple[str, ...], pointer: str = "") -> Iterator[tuple[str, Any]]:
    """What stands at a path of the schema, each item of a list by itself."""
    for number, step in enumerate(path):
        if step == "*":
            for index, one in enumerate(value if isinstance(value, list) else ()):
                yield from _along(one, path[number + 1 :], f"{pointer}/{index}")
            return
        if not isinstance(value, dict) or step not in value:
            return
        value, pointer = value[step], f"{pointer}/{step}"
    yield pointer, value


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


def _stating(document: Mapping[str, Any], path: Sequence[str | int]) -> Any:
    """The object of the schema that states the keyword at the end of a path.

    The reference validator leaves references out of its paths.
    """
    node: Any = document
    for number, step in enumerate(path):
        while isinstance(node, Mapping) and step not in node and "$ref" in node:
            node = _inside(document, node["$ref"].removeprefix("#/").split("/"))
        if number < len(path) - 1:
            node = _inside(node, [step])
    return node
