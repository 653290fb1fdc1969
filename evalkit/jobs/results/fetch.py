# SPDX-License-Identifier: Apache-2.0
"""All that a provider says of a job, asked again where that does no harm and may help."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from evalkit.core.errors import InputError, RemoteError
from evalkit.core.printable import excerpt
from evalkit.jobs.job import Checkpoint, Event, Job
from evalkit.jobs.pace import Pace
from evalkit.jobs.record import Record
from evalkit.jobs.results.metrics_events import metrics_of
from evalkit.jobs.results.metrics_file import Metrics, metrics_in
from evalkit.jobs.results.results import KeptFile
from evalkit.jobs.seam import Provider

__all__ = ["Fetched", "fetched"]

_MOST_BYTES = 256 * 2**20
_MOST_FILES = 20  # of results
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A job and what belongs to it.

    Attributes:
        job: As it stands.
        events: Oldest first; none where the provider has none.
        checkpoints: By step; likewise.
        metrics: Of the result file, else of the events.
        files: That belong to it, with the hashes of those whose bytes were seen.
        notes: What could not be had, one printable line each.
    """

    job: Job
    events: tuple[Event, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    metrics: Metrics | None = None
    files: tuple[KeptFile, ...] = ()
    notes: tuple[str, ...] = field(default=())


async def fetched(provider: Provider, job: str, record: Record | None = None) -> Fetched:
    """Everything of a job.

    Args:
        provider: Open.
        job: Its id.
        record: Of this machine, for names and hashes of what was uploaded.

    Raises:
        RemoteError: The job itself cannot be read.
    """
    found = await Pace().insist(lambda: provider.job(job))
    notes: list[str] = []
    events: tuple[Event, ...] = ()
    if "events" not in provider.lacks:

        async def listed() -> tuple[Event, ...]:
            return tuple([event async for event in provider.events(job)])

        events = await _or_note(listed, (), "events", notes)
    checkpoints: tuple[Checkpoint, ...] = ()
    if "checkpoints" not in provider.lacks:
        checkpoints = await _or_note(lambda: provider.checkpoints(job), (), "checkpoints", notes)
    files = [*_uploaded(found, record)]
    metrics = None
    if "results" not in provider.lacks:
        for name in found.result_files[:_MOST_FILES]:
            raw = await _or_note(partial(_content, provider, name), None, name, notes)
            if raw is None:
                continue
            digest = hashlib.sha256(raw).hexdigest()
            files.append(KeptFile(what="metrics", id=name, sha256=digest, size=len(raw)))
            if metrics is None:
                try:
                    metrics = metrics_in(raw, excerpt(name, 80))
                except InputError as fault:
                    notes.append(fault.message)
    return Fetched(
        job=found,
        events=events,
        checkpoints=checkpoints,
        metrics=metrics if metrics is not None else metrics_of(events),
        files=tuple(files),
        notes=tuple(notes),
    )


async def _or_note(call: Callable[[], Awaitable[T]], nothing: T, what: str, notes: list[str]) -> T:
    """What it gives; nothing and a note where the provider refuses it."""
    try:
        return await Pace().insist(call)
    except RemoteError as fault:
        notes.append(f"{excerpt(what, 80)}: {fault.message}")
        return nothing


async def _content(provider: Provider, file: str) -> bytes | None:
    pieces, size = [], 0
    async for piece in provider.content(file):
        size += len(piece)
        if size > _MOST_BYTES:
            raise RemoteError(f"the file is larger than {_MOST_BYTES >> 20} MB")
        pieces.append(piece)
    return b"".join(pieces)


def _uploaded(job: Job, record: Record | None) -> list[KeptFile]:
    """The training and the validation file, as the job and the record know them."""
    found = []
    parts = {
        "training": (job.training_file, record.train if record else None),
        "validation": (job.validation_file, record.validation if record else None),
    }
    for what, (name, part) in parts.items():
        if name is None and part is None:
            continue
        found.append(
            KeptFile(
                what="training" if what == "training" else "validation",
                name=part.path if part else "",
                id=name or (part.id if part and part.id else ""),
                sha256=part.sha256 if part else "",
                size=part.size if part else None,
            )
        )
    return found
