# SPDX-License-Identifier: Apache-2.0
"""Which key was meant, and which layout: for rows that are of none as they stand."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, NamedTuple

from evalkit.core.pointer import at, to_pointer
from evalkit.core.registry import modules
from evalkit.core.resources import schema
from evalkit.data.formats._layout import Layout
from evalkit.data.recognise import layout

__all__ = [
    "Nearest", "Surplus", "is_respelled", "meant", "nearest", "renamed", "renamings", "respelled",
    "surplus",
]  # fmt: skip

# Names that keys had before, in the specification of Dec 2024 to Jun 2025.
_FORMER = {
    "preferred_completion": "preferred_output",
    "non_preferred_completion": "non_preferred_output",
}
_DIGIT = re.compile("[0-9]")
_SHOWN = 8
_HALF = 0.5  # of the keys that a layout must have: less is chance
_LIKE = 0.84  # of difflib's ratio: `mesages`, `Contents`; not `context` for `content`
_OTHER_WORDS = frozenset({"context", "choose", "next", "test"})  # alike, and meant as they are
_WRAPPING = " \t\r\n\u3000\ufeff\u200b\"'`“”‘’「」『』：:，,"


class Nearest(NamedTuple):
    """The layout that a row lacks the least of.

    Attributes:
        name: Of the layout.
        missing: The keys that it lacks.
    """

    name: str
    missing: tuple[str, ...]


def respelled(key: str) -> str:
    """A key without what an input method or an editor adds: full width, quotes, blanks, colons."""
    return unicodedata.normalize("NFKC", key).strip(_WRAPPING)


def is_respelled(wrong: str, right: str) -> bool:
    """Whether only such additions tell the two apart, upper and lower case not counted."""
    return wrong.casefold() != right.casefold() and respelled(wrong).casefold() == right


def meant(right: str, keys: Iterable[str]) -> str | None:
    """The key among some that was meant to be `right`; None where none was, or any of several."""
    alike = []
    for key in keys:
        plain = respelled(key).casefold()
        if plain == right or _FORMER.get(plain) == right:
            return key
        if plain in _OTHER_WORDS or abs(len(plain) - len(right)) > 2 or _DIGIT.search(plain):
            continue  # `output_2` is no misspelling
        if SequenceMatcher(None, plain, right, autojunk=False).ratio() >= _LIKE:
            alike.append(key)
    return alike[0] if len(alike) == 1 else None


def renamings(value: Mapping[str, Any], first: str | None) -> Iterator[tuple[str, dict[str, str]]]:
    """Layouts that a row would have with other keys, each with wrong key to right key.

    Args:
        value: The row, which has none of these layouts as it stands.
        first: The file's layout, which is tried before the others.
    """
    for name, pairs in _renamings(tuple(value), first):
        keys = dict(pairs)
        if layout(name).matches(renamed(value, keys)):
            yield name, keys


@lru_cache(maxsize=256)
def _renamings(keys: tuple[str, ...], first: str | None) -> tuple[tuple[str, Any], ...]:
    """By the keys alone, since most rows of a file have the same ones."""
    found = []
    for known, required in _layouts(first):
        missing = [key for key in required if key not in keys]
        if not missing or len(missing) == len(required) > 2:
            continue
        free = [key for key in keys if key not in known.keys and len(key) < 60]
        pairs: dict[str, str] = {}
        for right in missing:
            # Short words are near to too many others: only their spelling may differ.
            near = meant(right, [key for key in free if key not in pairs])
            if near is None or (len(right) < 5 and respelled(near).casefold() != right):
                break
            pairs[near] = right
        else:
            for key in free:  # optional ones, where nothing but their spelling is off
                if key not in pairs and (right := respelled(key).casefold()) in known.keys:
                    pairs |= {} if right in (*keys, *pairs.values()) else {key: right}
            found.append((known.name, tuple(pairs.items())))
    return tuple(found)


@lru_cache(maxsize=256)
def _nearest(keys: frozenset[str], first: str | None) -> Nearest | None:
    best, most = None, _HALF
    for known, required in _layouts(first):
        there = [key for key in required if key in keys]
        share = len(there) / len(required)
        if share > most or (best is None and share == most):
            best, most = Nearest(known.name, tuple(k for k in required if k not in keys)), share
    return best


def nearest(value: Mapping[str, Any], first: str | None) -> Nearest | None:
    """The layout that lacks the least; None where all lack more than half."""
    return _nearest(frozenset(value), first)


def _layouts(first: str | None) -> Iterator[tuple[Layout, list[str]]]:
    ours = [name for name in modules("formats") if name != first]
    for name in [first, *ours] if first in modules("formats") else ours:
        try:
            required = schema(str(name)).get("required", [])
        except FileNotFoundError:  # what evalkit itself wrote, and nobody misspells
            continue
        if required:
            yield layout(str(name)), required


def renamed(value: Mapping[str, Any], pairs: Mapping[str, str]) -> dict[str, Any]:
    """An object with other keys, in its order."""
    return {pairs.get(key, key): content for key, content in value.items()}


class Surplus(NamedTuple):
    """Keys that do not belong where they stand.

    Attributes:
        pointer: Of the first one.
        shown: The first eight of them, each once.
        edits: Pointers of the objects to the objects without them; none where a key looks like a
            misspelled one, whose content would be lost.
    """

    pointer: str
    shown: tuple[str, ...]
    edits: dict[str, Any]


def surplus(
    row: Any, objects: Mapping[str, Iterable[str]], known: Iterable[str], accepted: frozenset[str]
) -> Surplus | None:
    """The keys of some objects that are not accepted; None where all are.

    Args:
        row: The row.
        objects: Pointer of each object to its keys that the schema does not list.
        known: The keys that the schema lists.
        accepted: The ones that are fine all the same.
    """
    known = list(known)
    keys: dict[str, str] = {}
    edits: dict[str, Any] = {}
    pointer = ""
    for where, listed in objects.items():
        extra = [key for key in listed if key not in accepted]
        if not extra:
            continue
        pointer = pointer or f"{where}{to_pointer(extra[:1])}"
        value = at(row, where)
        edits[where] = {key: content for key, content in value.items() if key not in extra}
        for key in extra:
            right = next((k for k in known if k not in value and meant(k, (key,))), "")
            keys.setdefault(key, right)
    if not keys:
        return None
    shown = [f"`{key}` (`{right}`?)" if right else f"`{key}`" for key, right in keys.items()]
    if len(shown) > _SHOWN:
        shown[_SHOWN:] = ["…"]
    return Surplus(pointer, tuple(shown), {} if any(keys.values()) else edits)
