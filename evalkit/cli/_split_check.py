# SPDX-License-Identifier: Apache-2.0
"""`evalkit split --check`: whether a split is still what it was, and nothing has leaked since."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._reading import opened, same_file, say_left_out, watched
from evalkit.core.printable import printable

if TYPE_CHECKING:
    from evalkit.core.example import Example
    from evalkit.data.manifest import Manifest

__all__ = ["checked"]


def checked(place: str, files: Sequence[str], reading: Mapping[str, Any]) -> int:
    """Say what has changed, and which rows of other files ask what the test part asks.

    A part that is not there is a finding where no other file is named; a part that has changed is
    read as another file.

    Args:
        place: Of the manifest.
        files: Other data sets.
        reading: Options for reading them.

    Returns:
        0 nothing was found, 1 something was.

    Raises:
        InputError: The manifest or a file cannot be read.
    """
    from evalkit.data.manifest import digest_of, read_manifest

    manifest = read_manifest(place)
    held = "test" if "test" in manifest.parts else "valid"
    known: dict[str, str] = {}  # files that are as they were, and their part
    changed: list[str] = []
    found = 0
    for name, part in manifest.parts.items():
        path = str(Path(place).parent / part.file)
        try:
            same = digest_of(path) == part.sha256
        except OSError as error:
            reason = "not there" if isinstance(error, FileNotFoundError) else "not readable"
            click.echo(f"{printable(path)}: {name} part, {reason}")
            found += not files
            continue
        state = f"as it was split, {part.rows:,} rows" if same else "CHANGED since the split"
        click.echo(f"{printable(path)}: {name} part, {state}")
        found += not same
        if same:
            known[path] = name
        elif name != held:
            changed.append(path)
    for path in changed:
        found += _leaks(path, manifest, held, {})
    for path in files:
        if any(same_file(path, other) for other in (*known, *changed)):
            continue
        if path != "-" and _is_copy(path, manifest.parts[held].sha256):
            click.echo(f"{printable(path)}: a copy of the {held} part")
            continue
        found += _leaks(path, manifest, held, reading)
    return 1 if found else 0


def _is_copy(path: str, sha256: str) -> bool:
    from evalkit.data.manifest import digest_of

    try:
        return digest_of(path) == sha256
    except OSError:  # said when it is read
        return False


def _leaks(path: str, manifest: Manifest, held: str, reading: Mapping[str, Any]) -> int:
    """Name the rows of a file that ask what a held-out one asks. Returns how many count."""
    from evalkit.data.manifest import leaks

    data = opened(path, **reading)
    unread: list[Example] = []
    counts = {held: 0, "valid": 0}
    for location, part, number in leaks(_noting(watched(data, "reading"), unread), manifest):
        counts[part] += 1
        if part == held:
            click.echo(
                f"{printable(str(location))}: asks what row {number} of the {part} part asks"
            )
    total = f"{counts[held]:,} of {data.examples:,} rows ask what the {held} part asks"
    click.echo(
        f"{printable(path)}: {total if counts[held] else f'no row asks what the {held} part asks'}"
    )
    if held != "valid" and counts["valid"]:
        click.echo(
            f"{printable(path)}: {counts['valid']:,} rows ask what the valid part asks", err=True
        )
    say_left_out(path, [(e.location, e.broken.args.get("reason", "")) for e in unread if e.broken])
    return counts[held] + len(unread)


def _noting(examples: Iterable[Example], unread: list[Example]) -> Iterator[Example]:
    for example in examples:
        if example.broken is not None and example.broken.kind != "blank":
            unread.append(example)
        yield example
