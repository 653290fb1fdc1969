# SPDX-License-Identifier: Apache-2.0
"""The folder of one job while it is filled: whole files, their digests, and the manifest."""

from __future__ import annotations

import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.atomic import atomic
from evalkit.core.errors import RemoteError
from evalkit.core.printable import excerpt
from evalkit.jobs.archive.manifest import Manifest, Missing, Part, write_manifest

__all__ = ["Shelf", "sha256_of"]

_PIECE = 1 << 20
_DEAD = 3600.0  # seconds without a byte after which nobody writes a temporary file any more


@dataclass(slots=True)
class Shelf:
    """A job's folder in an archive, and what has become of each file of it.

    After each file the manifest is written: a process that is killed leaves whole files and a
    manifest that knows them, or at worst one whole file that the next call fetches again.

    Attributes:
        folder: Of the job.
        head: Manifest without files: what is known of the job now.
        before: Manifest that was there.
        now: In UTC, to the second.
        wrote: Names of files that are new or other than before.
        damaged: Names of files whose bytes are not what the manifest says, and cannot be had again.
    """

    folder: Path
    head: Manifest
    before: Manifest | None
    now: str
    wrote: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    _parts: dict[str, Part] = field(default_factory=dict)
    _missing: list[Missing] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with what is there; sweep up what processes left that were killed."""
        if self.before is not None:
            self._parts = {one.file: one for one in self.before.files}
        for left in self.folder.glob(".*"):
            with suppress(OSError):
                if left.is_file() and time.time() - left.stat().st_mtime > _DEAD:
                    left.unlink()

    def held(self, what: str, id: str) -> Part | None:  # noqa: A002 - as the field is called
        """The file of that id, where it is here and its bytes are as the manifest says."""
        for part in self._parts.values():
            if (part.what, part.id) == (what, id) and self.whole(part):
                return part
        return None

    def whole(self, part: Part) -> bool:
        """Whether the file is there with the bytes that the manifest says."""
        path = self.folder / part.file
        try:
            return path.stat().st_size == part.bytes and sha256_of(path) == part.sha256
        except OSError:
            return False

    def put(self, file: str, what: str, raw: bytes, *, source: str = "provider") -> None:
        """Write some bytes, unless they are there."""
        digest = hashlib.sha256(raw).hexdigest()
        known = self._parts.get(file)
        if known is not None and known.sha256 == digest and self.whole(known):
            return
        with atomic(self.folder / file) as stream:
            stream.write(raw)
        self._note(Part(file=file, what=what, sha256=digest, bytes=len(raw), saved=self.now,
                        source=source))  # fmt: skip

    async def fill(
        self,
        file: str,
        what: str,
        content: AsyncIterator[bytes],
        *,
        id: str,  # noqa: A002 - as the field is called
        source: str,
        begins: str = "",
        least: int = 0,
        told: Callable[[int], None] = lambda _: None,
    ) -> Part:
        """Write what comes, whole or not at all.

        Args:
            file: Its name.
            what: As of a `Part`.
            content: Its bytes, in pieces.
            id: The provider's.
            source: As of a `Part`.
            begins: How its sha256 begins, where that is known.
            least: Bytes that there are at least.
            told: Called with the bytes that have come so far.

        Raises:
            RemoteError: What came is not all of it, or not what was uploaded.
        """
        digest = hashlib.sha256()
        size = 0
        with atomic(self.folder / file) as stream:
            async with aclosing(_closable(content)) as pieces:
                async for piece in pieces:
                    digest.update(piece)
                    stream.write(piece)
                    size += len(piece)
                    told(size)
            if size < least:
                raise RemoteError(f"only {size:,} of {least:,} bytes came", retryable=True)
            if not digest.hexdigest().startswith(begins):
                raise RemoteError(
                    "what came is not what was uploaded: its sha256 differs", retryable=True
                )
        part = Part(file=file, what=what, sha256=digest.hexdigest(), bytes=size, saved=self.now,
                    source=source, id=id)  # fmt: skip
        self._note(part)
        return part

    async def copy(
        self,
        file: str,
        what: str,
        path: Path,
        *,
        id: str,  # noqa: A002 - as the field is called
        source: str,
        sha256: str,
    ) -> bool:
        """Write what lies elsewhere here, if it still has that digest; whether it did."""
        if not _is(path, sha256):
            return False
        await self.fill(file, what, _read(path), id=id, source=source, begins=sha256)
        return True

    def lacks(
        self,
        what: str,
        why: str,
        *,
        again: bool = False,
        id: str | None = None,  # noqa: A002 - as the field is called
        though_held: bool = False,
    ) -> None:
        """Note that something cannot be had; not where it is here whole from an earlier time.

        Args:
            what: As of a `Missing`.
            why: Likewise.
            again: Likewise.
            id: Likewise.
            though_held: Note it all the same.
        """
        for part in self._parts.values():
            if (part.what, part.id) == (what, id):
                if not self.whole(part):
                    self.damaged.append(part.file)
                elif not (again or though_held):
                    return
        missing = Missing(what=what, why=excerpt(why, 300), again=again, noted=self.now, id=id)
        for old in self.before.missing if self.before is not None else ():
            if replace(old, noted=missing.noted) == missing:
                missing = old
        self._missing.append(missing)

    def close(self) -> tuple[Manifest, bool]:
        """Write the manifest; it, and whether it says something new."""
        manifest = replace(self.head, files=self._sorted(), missing=tuple(self._missing))
        return manifest, write_manifest(self.folder, manifest)

    def _note(self, part: Part) -> None:
        self._parts[part.file] = part
        self.wrote.append(part.file)
        old = self.before.missing if self.before is not None else ()
        write_manifest(self.folder, replace(self.head, files=self._sorted(), missing=old))

    def _sorted(self) -> tuple[Part, ...]:
        return tuple(self._parts[name] for name in sorted(self._parts))


def sha256_of(path: Path) -> str:
    """Of the bytes of a file, as hex.

    Raises:
        OSError: It cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _is(path: Path, sha256: str) -> bool:
    try:
        return path.is_file() and sha256_of(path) == sha256
    except OSError:
        return False


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            yield piece


async def _closable(content: AsyncIterator[bytes]) -> Any:
    """Any iterator as a generator, which can be closed."""
    async for piece in content:
        yield piece
