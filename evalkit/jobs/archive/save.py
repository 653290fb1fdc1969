# SPDX-License-Identifier: Apache-2.0
"""Keeps what a provider holds of a job, before it is shut down: config, events, files, results.

Each job has a folder of its own, ARCHIVE/TARGET/JOB, that can be moved and read without evalkit.
Saving again fetches what is missing, changes nothing else, and finds out what is damaged. No name
of a file comes from the server.
"""

from __future__ import annotations

import asyncio
import base64
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from evalkit.core.errors import RemoteError
from evalkit.jobs.archive.documents import as_bytes, as_line, day, job_document, utc
from evalkit.jobs.archive.manifest import Manifest, Missing, Part, read_manifest
from evalkit.jobs.archive.names import file_suffix, safe_name
from evalkit.jobs.archive.shelf import Shelf
from evalkit.jobs.job import Job, RemoteFile
from evalkit.jobs.seam import CannotError, Provider
from evalkit.models._faults import UnreachableError
from evalkit.models._retry import wait_before

__all__ = ["Held", "Own", "Saved", "Step", "held_files", "place_of", "save_job", "saved"]

T = TypeVar("T")
_ATTEMPTS = 3
_LONGEST = 60.0  # seconds that a provider may ask us to wait
_MOST_RESULTS = 64 * 2**20  # bytes that are looked at as a whole
_OURS = re.compile(r"evalkit-([0-9a-f]{32})\.jsonl")  # the name of our uploads: their sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What this machine knows of a job.

    Attributes:
        order: The record of it, for the archive; None = there is none.
        files: The provider's id of a file to its path here and the sha256 that was uploaded.
    """

    order: Mapping[str, Any] | None = None
    files: Mapping[str, tuple[Path, str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How far a file is.

    Attributes:
        job: The provider's id.
        what: As of a `Part`.
        bytes: That have come.
        of: All; None = not said.
    """

    job: str
    what: str
    bytes: int
    of: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of a job.

    Attributes:
        folder: Of its archive.
        manifest: As written.
        wrote: Names of files that are new or other than before.
        changed: Whether anything was written.
        damaged: Names of files that are not what they were, and cannot be had again.
    """

    folder: Path
    manifest: Manifest
    wrote: tuple[str, ...]
    changed: bool
    damaged: tuple[str, ...] = ()

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(part.bytes for part in self.manifest.files)

    @property
    def again(self) -> tuple[Missing, ...]:
        """What saving again may bring."""
        return tuple(one for one in self.manifest.missing if one.again)


Held = dict[str, tuple[Path, Part]]


def place_of(archive: Path, target: str, job: str) -> Path:
    """Where a job is kept in an archive."""
    place = archive / safe_name(target) / safe_name(job)
    known = read_manifest(place)
    if known is not None and known.job != job:  # a file system that takes Ab for aB
        return place.with_name(safe_name(f"{job}/"))
    return place


def held_files(archive: Path, target: str) -> Held:
    """Files of an archive by the provider's id of them: many jobs may have learned from one file.

    Raises:
        InputError: A manifest in it is not one.
    """
    found: Held = {}
    for place in sorted((archive / safe_name(target)).glob("*/")):
        manifest = read_manifest(place)
        for part in manifest.files if manifest is not None else ():
            if part.id is not None:
                found.setdefault(part.id, (place / part.file, part))
    return found


async def save_job(
    provider: Provider,
    job: Job,
    archive: Path,
    *,
    now: datetime,
    own: Own | None = None,
    held: Held | None = None,
    told: Callable[[Step], None] = lambda _: None,
) -> Saved:
    """Fetch what is not in the archive yet.

    Args:
        provider: Open; each thing is asked for up to three times.
        job: As it stands.
        archive: Folder of all jobs.
        now: For the manifest.
        own: What this machine knows of it.
        held: From `held_files`; files that are fetched are added to it.
        told: How far a file is.

    Returns:
        What is gone at the provider is noted in the manifest and no error.

    Raises:
        InputError: The archive cannot be written, or its manifest is damaged.
        RemoteError: The provider cannot be reached, or refuses the key.
    """
    own = own or Own()
    place = place_of(archive, job.target, job.id)
    head = Manifest(
        target=job.target,
        host=provider.host,
        job=job.id,
        model=job.model,
        tuned_model=job.tuned_model,
        state=job.state,
        created=day(job.created),
        finished=day(job.finished),
    )
    shelf = Shelf(place, head, read_manifest(place), utc(now))
    shelf.put("job.json", "job", as_bytes(job_document(job)))
    if own.order is not None:
        shelf.put("order.json", "order", as_bytes(own.order), source="this machine")
    await _told_of(shelf, provider, job)
    files = _Files(shelf, provider, job.id, own.files or {}, {} if held is None else held, told)
    if job.training_file is not None:
        await files.save("training", "training", job.training_file, ".jsonl")
    if job.validation_file is not None:
        await files.save("validation", "validation", job.validation_file, ".jsonl")
    for n, one in enumerate(job.result_files, 1):
        await files.save("result", f"result-{n}", one, ".csv")
    if job.state == "succeeded" and not job.result_files:
        shelf.lacks("result", provider.lacks.get("results", "the job names no file of results"))
    return saved(shelf)


def saved(shelf: Shelf) -> Saved:
    """Close a folder and say what became of it."""
    manifest, news = shelf.close()
    return Saved(
        folder=shelf.folder,
        manifest=manifest,
        wrote=tuple(shelf.wrote),
        changed=news or bool(shelf.wrote),
        damaged=tuple(shelf.damaged),
    )


async def _told_of(shelf: Shelf, provider: Provider, job: Job) -> None:
    """Events and checkpoints."""
    events = "events", "events.jsonl"
    checkpoints = "checkpoints", "checkpoints.json"

    async def all_events() -> bytes:
        lines = [as_line(asdict(one)) async for one in provider.events(job.id)]
        return b"".join(line + b"\n" for line in lines)

    async def all_checkpoints() -> bytes:
        return as_bytes([asdict(one) for one in await provider.checkpoints(job.id)])

    for (what, file), ask in ((events, all_events), (checkpoints, all_checkpoints)):
        if why := provider.lacks.get(what):
            shelf.lacks(what, why)
        elif (raw := await _asked(shelf, what, None, ask)) is not None:
            shelf.put(file, what, raw)


@dataclass(frozen=True, slots=True)
class _Files:
    """Where files of a job may come from."""

    shelf: Shelf
    provider: Provider
    job: str
    here: Mapping[str, tuple[Path, str]]
    held: Held
    told: Callable[[Step], None]

    async def save(self, what: str, stem: str, id: str, usual: str) -> None:  # noqa: A002
        """The nearest copy: here already, of another job, on this machine, at the provider."""
        if self.shelf.held(what, id) is not None:
            return
        copies: list[tuple[str, Path, str]] = []
        if id in self.held:
            path, part = self.held[id]
            copies.append(("archive", path, part.sha256))
        if id in self.here:
            copies.append(("this machine", *self.here[id]))
        for source, path, sha256 in copies:
            name = f"{stem}{file_suffix(path.name, usual)}"
            if await self.shelf.copy(name, what, path, id=id, source=source, sha256=sha256):
                return
        if why := self.provider.lacks.get("results" if what == "result" else "files"):
            self.shelf.lacks(what, why, id=id)
            return
        await _asked(self.shelf, what, id, lambda: self._fetched(what, stem, id, usual))

    async def _fetched(self, what: str, stem: str, id: str, usual: str) -> None:  # noqa: A002
        seen = RemoteFile(id=id, name="")
        if what != "result":  # those of some providers are made when they are asked for
            with suppress(CannotError):
                seen = await self.provider.file(id)
        name = f"{stem}{file_suffix(seen.name, usual)}"
        ours = _OURS.fullmatch(seen.name)
        part = await self.shelf.fill(
            name,
            what,
            _plain(self.provider.content(id)) if what == "result" else self.provider.content(id),
            id=id,
            source="provider",
            begins=ours[1] if ours is not None else "",
            least=seen.size or 0,
            told=lambda n: self.told(Step(job=self.job, what=what, bytes=n, of=seen.size)),
        )
        self.held.setdefault(id, (self.shelf.folder / name, part))


async def _plain(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """A file of results as CSV: OpenAI's files API hands it in base64 now and then."""
    seen = bytearray()  # bytes would be copied for each piece
    async for piece in content:
        seen += piece
        if len(seen) > _MOST_RESULTS:
            raw = bytes(seen)
            break
    else:
        raw = bytes(seen)
        with suppress(ValueError):
            held = base64.b64decode(raw.strip(), validate=True)
            raw = held if b"step" in held.partition(b"\n")[0] else raw
    yield raw
    async for piece in content:
        yield piece


async def _asked(
    shelf: Shelf,
    what: str,
    id: str | None,  # noqa: A002 - as the field is called
    ask: Callable[[], Awaitable[T]],
) -> T | None:
    """What the provider says, asked again where that may help; None = noted as missing.

    Raises:
        RemoteError: The provider cannot be reached, or refuses the key.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return await ask()
        except CannotError as no:
            shelf.lacks(what, no.message, id=id)
            return None
        except RemoteError as fault:
            pause = fault.retry_after or 0.0
            if fault.retryable and attempt < _ATTEMPTS and pause <= _LONGEST:
                drawn = random.random()  # noqa: S311  spreads load, guards nothing
                await asyncio.sleep(wait_before(attempt, fault.retry_after, drawn))
                continue
            if isinstance(fault, UnreachableError) or fault.status == 401:
                raise
            shelf.lacks(what, fault.message, again=fault.retryable, id=id)
            return None
    raise AssertionError  # the last attempt returned or raised
