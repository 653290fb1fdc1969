# SPDX-License-Identifier: Apache-2.0
"""Which keys of JSON rows hold which part of the conversation: as for columns of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.errors import InputError
from evalkit.data.columns import ROLES, ColumnMap, map_columns, named_columns
from evalkit.data.keymap import Key, KeyMap, Source, key_at, key_named
from evalkit.data.layouts import GUESSED
from evalkit.data.templates import fields, parsed

__all__ = ["guessed", "map_keys", "named_fields"]

_DEEP = 4  # objects within one another that are looked into
_MOST = 400  # keys of a file


def map_keys(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, str],
    templates: Mapping[str, str],
    *,
    source: str,
) -> tuple[KeyMap, ColumnMap]:
    """The map of rows whose keys are named, or have usual names.

    Args:
        rows: The first ones.
        columns: Role, or name of a field, to key.
        templates: Role to a text with {KEY} in it.
        source: For messages.

    Returns:
        The map, and what was found as for columns.

    Raises:
        UsageError: No row has a key that is named.
        InputError: No key for the question or the answer.
    """
    wanted = [*columns.values()]
    wanted += [name for text in templates.values() for name in fields(parsed(text))]
    keys = _keys(rows, wanted)
    found = map_columns(
        [key.text for key in keys], columns, source=source, templates=templates, noun="key"
    )
    texts: dict[str, Source] = {role: keys[index] for role, index in found.roles.items()}
    for role, parts in found.templates.items():
        texts[role] = tuple(part if isinstance(part, str) else keys[part] for part in parts)
    named = [role.strip().casefold() for role in columns]
    made = KeyMap(
        name=GUESSED,
        texts={role: texts[role] for role in ROLES if role in texts},
        fields=tuple((name, keys[found.fields[name]]) for name in named if name not in ROLES),
    )
    return made, found


def guessed(rows: Sequence[Mapping[str, Any]], *, source: str) -> tuple[KeyMap, ColumnMap] | None:
    """The map of rows whose keys have usual names; None where most lack a question or an answer."""
    try:
        made, found = map_keys(rows, {}, {}, source=source)
    except InputError:
        return None
    return (made, found) if 2 * sum(map(made.matches, rows)) >= len(rows) else None


def named_fields(
    rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str], *, source: str
) -> tuple[tuple[str, Key], ...]:
    """Lower-case name to key of the fields that the user named.

    Raises:
        UsageError: No row has such a key.
    """
    keys = _keys(rows, [*columns.values()])
    _, found = named_columns([key.text for key in keys], columns, source=source, noun="key")
    return tuple((name, keys[index]) for name, index in found.items())


def _keys(rows: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> list[Key]:
    """Every key that holds a text or a number in some row, and what is wanted beside them."""
    paths = list(dict.fromkeys(path for row in rows for path in _paths(row)))[:_MOST]
    keys = {path: key_at(".".join(path), path) for path in paths}
    for name in wanted:
        key = key_named(name)
        if name.strip() not in {one.text for one in keys.values()} and any(map(key.found, rows)):
            keys[key.path] = key
    return [*keys.values()]


def _paths(value: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, content in value.items():
        if isinstance(content, dict) and len(above) < _DEEP:
            yield from _paths(content, (*above, name))
        elif isinstance(content, str | int | float):
            yield (*above, name)
