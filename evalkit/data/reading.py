# SPDX-License-Identifier: Apache-2.0
"""How the rows of one file are read: by a layout that is known, described, named or guessed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.example import Example
from evalkit.core.printable import excerpt
from evalkit.core.registry import names, suggestion
from evalkit.data.formats._layout import Layout
from evalkit.data.recognise import layout, recognise

if TYPE_CHECKING:
    from evalkit.data.columns import ColumnMap
    from evalkit.data.keymap import Key, KeyMap
    from evalkit.data.table import TableOptions

__all__ = ["Reading", "named_reading", "reading_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value that can be sent to another process.

    Attributes:
        format: Name of the layout; None where the rows have none that is known.
        key_map: The layout itself, where it is none of evalkit's.
        fields: Name to key of facts beside the conversation that the user named.
        columns: Role to key, where they were named or guessed: what to tell a person.
        notes: What was decided and could be decided otherwise.
    """

    format: str | None = None
    key_map: KeyMap | None = None
    fields: tuple[tuple[str, Key], ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def layout(self) -> Layout | None:
        """The layout of the rows."""
        if self.key_map is not None:
            return self.key_map.layout
        return layout(self.format) if self.format else None

    def with_fields(self, examples: Iterator[Example]) -> Iterator[Example]:
        """The examples, with the fields that the user named."""
        if not self.fields:
            return examples
        return map(self._with_fields, examples)

    def _with_fields(self, example: Example) -> Example:
        found = {
            name: text_of(there[0])
            for name, key in self.fields
            if (there := key.found(example.value)) is not None
        }
        return replace(example, fields={**example.fields, **found}) if found else example


def text_of(value: Any) -> str:
    """A fact as text: texts as they are, all else as JSON."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def named_reading(name: str, described: Mapping[str, KeyMap]) -> Reading:
    """The reading by a layout of that name.

    Raises:
        UsageError: There is no such layout.
    """
    wanted = name.strip().replace("_", "-")
    if (key_map := described.get(wanted)) is not None:
        return Reading(format=wanted, key_map=key_map, fields=key_map.fields)
    if described and wanted not in (ours := names("formats")):
        known = [*described, *ours]
        raise UsageError(
            f"no format named `{excerpt(name)}`{suggestion(wanted, known)}",
            f"known: {', '.join(known)}",
        )
    return Reading(format=layout(name).name)


def reading_of(
    values: Sequence[Any],
    *,
    source: str,
    options: TableOptions,
    described: Mapping[str, KeyMap],
    guess: bool,
    named: Reading | None = None,
) -> Reading:
    """The reading that the first rows ask for.

    Args:
        values: Of the first rows.
        source: For messages.
        options: Which keys are named.
        described: Layouts of a configuration: they come before evalkit's own.
        guess: Whether keys with usual names will do, and keys that are named must be there.
        named: The reading by the layout that the user names.

    Raises:
        UsageError: A key is named that no row has.
        InputError: Keys are named, and none for the question or the answer is found.
    """
    rows = [value for value in values if isinstance(value, dict)]
    reading = named
    if reading is None:
        known = recognise(rows, [one.layout for one in described.values()])
        reading = Reading() if known is None else named_reading(known.name, described)
    if not rows:
        return reading
    if options.columns or options.templates:
        if guess:
            return _asked(rows, reading, options, source, named=named is not None)
        if reading.format is None:
            with suppress(EvalkitError):  # of several files, not each has to have the keys
                return _asked(rows, reading, options, source, named=named is not None)
    if guess and named is None and (reading.format is None or _prompt_missing(reading, rows)):
        from evalkit.data.keys import guessed

        if (found := guessed(rows, source=source)) is not None:
            return _mapped(*found)
    return reading


def _asked(
    rows: Sequence[Mapping[str, Any]],
    reading: Reading,
    options: TableOptions,
    source: str,
    *,
    named: bool,
) -> Reading:
    """The reading by keys that the user named: parts of the conversation, or fields only."""
    from evalkit.data.columns import ROLES
    from evalkit.data.keys import map_keys, named_fields

    parts = {role.strip().casefold() for role in options.columns} & {*ROLES}
    if (parts or options.templates) and named:
        raise UsageError(
            f"--from {reading.format} says where everything is", "leave it out, or --columns"
        )
    if reading.format is None or parts or options.templates:
        return _mapped(*map_keys(rows, options.columns, options.templates, source=source))
    return replace(
        reading, fields=reading.fields + named_fields(rows, options.columns, source=source)
    )


def _mapped(key_map: KeyMap, found: ColumnMap) -> Reading:
    return Reading(
        format=key_map.name,
        key_map=key_map,
        fields=key_map.fields,
        columns=found.shown,
        notes=found.notes,
    )


def _prompt_missing(reading: Reading, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether pairs of plain answers have their question under another name than `prompt`."""
    if reading.format != "trl-preference" or any("prompt" in row for row in rows):
        return False
    return any(isinstance(row.get("chosen"), str) for row in rows)
