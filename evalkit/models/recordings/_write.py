# SPDX-License-Identifier: Apache-2.0
"""Writes recordings: JSON lines, gzipped by name, the same bytes for the same answers."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterable
from pathlib import Path

from evalkit.core.atomic import atomic
from evalkit.models.recordings._recorded import Recorded, row_bytes

__all__ = ["beside", "write_recording"]


def write_recording(path: Path, rows: Iterable[Recorded]) -> None:
    """Write answers as a recording, gzipped where the name ends in `.gz`; equal rows, equal bytes.

    Raises:
        InputError: The place cannot be written.
    """
    with atomic(path) as stream:
        if path.suffix == ".gz":  # no name and no time in the header: the bytes are reproducible
            with gzip.GzipFile("", "wb", 9, stream, mtime=0) as packed:
                packed.writelines(map(row_bytes, rows))
        else:
            stream.writelines(map(row_bytes, rows))


def beside(path: Path, other: Path) -> str:
    """How another file is reached from where a recording lies, with `/`.

    Its name alone where there is no such way (another drive).
    """
    try:
        return os.path.relpath(other, path.parent).replace(os.sep, "/")
    except ValueError:
        return other.name
