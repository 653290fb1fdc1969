# SPDX-License-Identifier: Apache-2.0
"""What prepared files are called, and which files were prepared already."""

from __future__ import annotations

import shlex
from pathlib import Path

from evalkit.core.errors import InputError
from evalkit.core.printable import printable
from evalkit.core.strings import Language
from evalkit.data.manifest import digest_of, read_manifest
from evalkit.data.placing import stem_of

__all__ = ["called", "part_of_a_set", "quoted", "stem_of"]


def called(path: str, language: Language = "en") -> str:
    """What a source is called in a sentence, safe for the terminal."""
    if path == "-":
        return "标准输入" if language == "zh" else "standard input"
    return printable(path)


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
