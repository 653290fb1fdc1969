# SPDX-License-Identifier: Apache-2.0
"""What prepared files are called, and which files were prepared already."""

from __future__ import annotations

import shlex
from pathlib import Path

from evalkit.core.errors import InputError
from evalkit.data.manifest import digest_of, read_manifest

__all__ = ["part_of_a_set", "quoted", "stem_of"]

_PACKED = (".gz", ".zst", ".bz2", ".xz")


def stem_of(path: str) -> str:
    """The name of a file without its folder and what says its kind: `客服` of `x/客服.csv.gz`."""
    name = Path("stdin" if path == "-" else path).name
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    return Path(name).stem or name


def quoted(path: str) -> str:
    """A path as a shell takes it; Chinese needs no quotes."""
    plain = all(c.isalnum() or c in "_-./:@%+=," for c in path)
    return path if plain and path[:1] not in ("-", "") else shlex.quote(path)


def part_of_a_set(path: str) -> str | None:
    """Name of the part that a file is of a set already split; None where it is of none.

    A manifest beside it says so, and its digest must be right: a file that was edited is no part
    any more.
    """
    place = Path(path)
    if path == "-" or not place.is_file():
        return None
    for manifest in sorted(place.parent.glob("*.manifest.json")):
        try:
            parts = read_manifest(manifest).parts
        except InputError:
            continue
        for name, part in parts.items():
            if part.file == place.name and part.sha256 == digest_of(place):
                return name
    return None
