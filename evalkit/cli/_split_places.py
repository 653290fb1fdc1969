# SPDX-License-Identifier: Apache-2.0
"""Where `evalkit split` writes: what was named, or names made of the source's."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from evalkit.cli._reading import same_file
from evalkit.core.errors import InputError, UsageError

__all__ = ["places_of"]

_PARTS = ("train", "test", "valid")
_NO_JSONL = (".csv", ".tsv", ".xlsx", ".json", ".parquet", ".gz", ".zst")


def places_of(src: str, own: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """The file of each part, and that of the manifest.

    Args:
        src: The data set.
        own: The options of the command.

    Returns:
        Part to path in the order train, test, valid, and a path or None.

    Raises:
        UsageError: Two of them are one, or the source; a file is there that was not named; parts
            without a place.
    """
    from evalkit.data.placing import manifest_place, place_of

    parts = _wanted(own)
    named = {part: own[part] for part in _PARTS if own[part]}
    if named:
        _check_named(own, parts, named)
        places = {part: named[part] for part in parts}
    else:
        places = {part: place_of(src, part, own["out"]) for part in parts}
    manifest = None
    if not own["no_manifest"]:
        manifest = own["manifest"] or manifest_place(places["train"])
    elif own["manifest"]:
        raise UsageError("--manifest and --no-manifest exclude each other", "give one")
    _check_apart(src, [*places.values(), *([manifest] if manifest else [])])
    for place in places.values():
        if place.lower().endswith(_NO_JSONL):
            raise UsageError(f"{place}: split writes JSONL", "name it .jsonl")
    if not own["force"]:
        made = [] if named else list(places.values())
        if manifest and not own["manifest"] and (not named or not _is_manifest(manifest)):
            made.append(manifest)
        if there := [place for place in made if Path(place).exists()]:
            raise UsageError(
                f"{there[0]} is there already", "--force writes over it, --out PREFIX elsewhere"
            )
    return places, manifest


def _wanted(own: Mapping[str, Any]) -> tuple[str, ...]:
    if own["legacy"]:
        return ("train", "valid")
    return _PARTS if own["valid"] or own["valid_share"] else _PARTS[:2]


def _check_named(own: Mapping[str, Any], parts: tuple[str, ...], named: Mapping[str, str]) -> None:
    if own["out"]:
        raise UsageError("--out names all files, and some are named one by one", "leave one away")
    for part in parts:
        if part not in named:
            raise UsageError(
                f"where shall the rows of {part} go?", f"--{part} FILE; or name no file at all"
            )
    for part in named:
        if part not in parts:
            raise UsageError(f"--legacy makes no {part} part", "it makes --train and --valid")


def _check_apart(src: str, places: list[str]) -> None:
    for place in places:
        if src != "-" and same_file(src, place):
            raise UsageError(f"{place} is the source itself", "write to another file")
        if Path(place).is_dir():
            raise UsageError(f"{place} is a folder", "name a file, or the folder by --out")
    for one, other in combinations(places, 2):
        if same_file(one, other):
            raise UsageError(f"{other} is given twice", "one file for each part")


def _is_manifest(path: str) -> bool:
    from evalkit.data.manifest import read_manifest

    try:
        read_manifest(path)
    except InputError:
        return False
    return True
