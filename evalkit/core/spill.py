# SPDX-License-Identifier: Apache-2.0
"""Files that state goes to when memory has no room for it; they are gone when the work is done."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from evalkit.core.errors import InputError

__all__ = ["SpillFile", "new_spill_file", "spilling"]

_folder: ContextVar[Path | None] = ContextVar("spill folder", default=None)
_kept: list[tempfile.TemporaryDirectory[str]] = []  # of callers without a folder; gone at exit


@contextmanager
def spilling(parent: str | None) -> Iterator[Path]:
    """A folder for spilled state, deleted at the end.

    Args:
        parent: Where to make it; None = the temporary folder of the system.

    Raises:
        InputError: It cannot be made there.
    """
    try:
        made = tempfile.TemporaryDirectory(
            prefix="evalkit-", dir=parent, ignore_cleanup_errors=True
        )
    except OSError as error:
        raise InputError(
            f"cannot write to {parent or tempfile.gettempdir()}: {error.strerror}",
            "name another folder: --spill-dir FOLDER",
        ) from error
    with made as name, using(Path(name)) as folder:
        yield folder


@contextmanager
def using(folder: Path) -> Iterator[Path]:
    """Spill into a folder that somebody else deletes."""
    token = _folder.set(folder)
    try:
        yield folder
    finally:
        _folder.reset(token)


def new_spill_file() -> SpillFile:
    """An empty file in the folder in use."""
    folder = _folder.get()
    if folder is None:
        _kept.append(tempfile.TemporaryDirectory(prefix="evalkit-", ignore_cleanup_errors=True))
        folder = Path(_kept[-1].name)
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".spill", delete=False) as stream:
        return SpillFile(stream.name)


@dataclass(slots=True)
class SpillFile:
    """One file of records in partitions, written in turns.

    Attributes:
        path: Of the file.
        turns: Where each turn of writing put each partition: offsets, one more than partitions.
        writable: Whether its owner still writes to it.
    """

    path: str
    turns: list[list[int]] = field(default_factory=list)
    writable: bool = True

    def write(self, parts: Sequence[bytes]) -> None:
        """Add one turn: the records of each partition.

        Raises:
            InputError: The disk has no room.
        """
        folder = str(Path(self.path).parent)
        size = sum(map(len, parts))
        hint = "free some, or name another folder: --spill-dir FOLDER"
        if shutil.disk_usage(folder).free < size + (64 << 20):
            raise InputError(f"the disk of {folder} has no room for intermediate state", hint)
        start = self.turns[-1][-1] if self.turns else 0
        offsets = [start]
        for part in parts:
            offsets.append(offsets[-1] + len(part))
        try:
            with Path(self.path).open("r+b") as stream:
                stream.seek(start)
                stream.write(b"".join(parts))
        except OSError as error:
            raise InputError(f"cannot write to {self.path}: {error.strerror}", hint) from error
        self.turns.append(offsets)

    def read(self, number: int) -> bytes:
        """All records of one partition."""
        pieces = []
        with Path(self.path).open("rb") as stream:
            for offsets in self.turns:
                stream.seek(offsets[number])
                pieces.append(stream.read(offsets[number + 1] - offsets[number]))
        return b"".join(pieces)

    def closed(self) -> SpillFile:
        """The same file, no longer written to: what another state or process may read."""
        self.writable = False
        return SpillFile(self.path, self.turns, writable=False)
