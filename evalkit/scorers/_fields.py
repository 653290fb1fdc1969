# SPDX-License-Identifier: Apache-2.0
"""JSON values by their fields: a path and a plain value each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

from evalkit.scorers._normalise import normalise

__all__ = ["Field", "Lists", "fields_of", "under"]

Lists = Literal["ordered", "any"]
"""Whether the place of an item in its list counts."""

Field = tuple[str, Hashable]


def fields_of(value: Any, *, lists: Lists = "ordered", strict: bool = False) -> Counter[Field]:
    """Path and plain value of every field, with how often each occurs.

    Numbers are equal by value (1 and 1.0), true is not 1, texts by `normalise` unless strict; an
    empty list or object is a field itself.

    Args:
        value: Parsed JSON.
        lists: "ordered": items are known by their place; "any": by what they are, items that are
            objects as a whole.
        strict: Texts must be equal as they stand.
    """
    return Counter(_walk(value, "", lists, strict))


def under(field: Field, names: Sequence[str]) -> bool:
    """Whether a field is one of the named, or within one: "items" holds "items[0].price"."""
    path = field[0]
    return any(
        path == name or (path.startswith(name) and path[len(name)] in ".[") for name in names
    )


def _walk(value: Any, path: str, lists: Lists, strict: bool) -> Iterator[Field]:
    if isinstance(value, Mapping) and value:
        for key, inner in value.items():
            yield from _walk(inner, f"{path}.{key}" if path else str(key), lists, strict)
    elif isinstance(value, list) and value:
        for place, inner in enumerate(value):
            if lists == "ordered":
                yield from _walk(inner, f"{path}[{place}]", lists, strict)
            else:
                yield f"{path}[]", _plain(inner, lists, strict)
    else:
        yield path, _plain(value, lists, strict)


def _plain(value: Any, lists: Lists, strict: bool) -> Hashable:
    if isinstance(value, str):
        return ("text", value if strict else normalise(value))
    if isinstance(value, bool) or value is None:
        return ("word", value)
    if isinstance(value, int | float | Decimal):
        return ("number", value)
    inner = fields_of(value, lists=lists, strict=strict) if value else Counter[Field]()
    return (type(value).__name__, frozenset(inner.items()))
