# SPDX-License-Identifier: Apache-2.0
"""Training on this machine: a job is a folder, and its trainer a process of its own.

Nothing is sent anywhere. The jobs of one folder of records are this "account".
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.jobs.job import (
    ENDED,
    KEY,
    Checkpoint,
    Event,
    Job,
    Order,
    RemoteFile,
    TrainingFile,
    TunedModel,
)
from evalkit.jobs.providers._local_files import Shelf, pieces_of
from evalkit.jobs.providers._local_process import command, start
from evalkit.jobs.providers._local_reading import RESULT, job_of, served
from evalkit.jobs.seam import CannotError, Provider, Where
from evalkit.jobs.training.alive import alive, holding
from evalkit.jobs.training.folder import Folder, Wish
from evalkit.jobs.training.needs import check
from evalkit.jobs.training.settings import TARGET, asked, machine_settings

__all__ = ["LocalProvider", "local"]

_LACKS = MappingProxyType(
    {
        "preference": "the local trainer learns answers only: --method sft",
        "rft": "the local trainer learns answers only: --method sft",
        "suffix": "a tuned model is called by its file",
    }
)
_ID = re.compile(r"ftlocal-[0-9a-f]{16}(?:-[0-9]{1,6})?\Z")  # an id becomes a path
_NOTICE = 5.0  # seconds that a trainer gets to heed a wish before the answer goes back
_LOOK = 0.05


@asynccontextmanager
async def local(where: Where) -> AsyncIterator[Provider]:
    """Open it; nothing is needed to look at jobs, the extra `train` to start one."""
    yield LocalProvider(where.folder / TARGET)


@dataclass(frozen=True, slots=True)
class LocalProvider:
    """A `Provider` on this machine.

    Attributes:
        folder: Of the jobs, and of `files/`; it need not be there.
        trainer: The command that trains the job of a folder.
        checked: Says whether a model can be trained here, and gives its file.
        lacks: What it cannot do.
    """

    folder: Path
    trainer: Callable[[Path], Sequence[str]] = command
    checked: Callable[[str], Path] = check
    lacks: Mapping[str, str] = field(default_factory=lambda: _LACKS)

    @property
    def name(self) -> str:
        """The target's name."""
        return TARGET

    @property
    def host(self) -> None:
        """Everything stays here."""

    async def files(self) -> AsyncIterator[RemoteFile]:
        """Files for training, newest first."""
        for file in self._shelf.all():
            yield file

    async def upload(self, file: TrainingFile, *, name: str) -> RemoteFile:
        """Copy a file to the others.

        Raises:
            InputError: It cannot be read, or changed since it was looked at.
        """
        return self._shelf.add(file, name)

    async def file(self, file: str) -> RemoteFile:
        """A file as it stands."""
        if file.startswith(RESULT):
            path = self._content(file)
            there = path.stat()
            return RemoteFile(id=file, name=path.name, size=there.st_size, created=there.st_mtime)
        return self._shelf.file(file)

    def content(self, file: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces.

        Raises:
            UsageError: There is none of that id.
        """
        return pieces_of(self._content(file))

    def able(self, order: Order) -> tuple[Path, Mapping[str, Any]]:
        """Whether an order can be carried out here, before anything is written.

        Returns:
            The model's file, and what the environment says of this machine.

        Raises:
            CannotError: A method that it does not know.
            MissingExtraError: torch or another package is not installed.
            MissingWeightsError: The model is not on this machine.
            UsageError: Another model, or a hyperparameter that cannot be.
        """
        if order.method != "sft":
            why = _LACKS.get(order.method, f"no method `{excerpt(order.method)}` is known here")
            raise CannotError(f"local jobs train by sft only: {why}", "leave --method out")
        weights = self.checked(order.model)
        asked(order.hyperparameters)
        return weights, machine_settings()

    async def create(self, order: Order, *, train: str, validation: str | None) -> Job:
        """Start the job: a process that goes on when this one has ended.

        The order's job is the one that is found if it was started already and has not ended.

        Raises:
            CannotError: As `able`, and so are MissingExtraError and MissingWeightsError.
            UsageError: As `able`, or a file that is not here.
            EvalkitError: The trainer ended before it began.
        """
        weights, machine = self.able(order)
        for file in (train, validation):
            if file is not None:
                self._shelf.place(file)
        folder, before = self._next(order.key)
        if before is not None:
            return before
        folder.path.mkdir(parents=True, exist_ok=True)
        if not alive(folder.path):  # else a trainer of the same order is just beginning
            folder.draft(
                {
                    "id": folder.id,
                    "created": time.time(),
                    "model": order.model,
                    "method": order.method,
                    "training_file": train,
                    "validation_file": validation,
                    "hyperparameters": dict(order.hyperparameters),
                    "suffix": order.suffix,
                    "seed": order.seed,
                    "metadata": {**order.metadata, KEY: order.key},
                    "weights": {"path": str(weights), "sha256": _digest(weights)},
                    "machine": machine,
                }
            )
        await start(folder, self.trainer(folder.path), taken=lambda: folder.exists)
        return job_of(folder)

    async def jobs(self, *, key: str | None = None) -> AsyncIterator[Job]:
        """Jobs of this folder, newest first."""
        found = [job_of(folder) for folder in self._folders()]
        for job in sorted(found, key=lambda one: (-(one.created or 0.0), one.id)):
            if key is None or job.metadata.get(KEY) == key:
                yield job

    async def job(self, job: str) -> Job:
        """The job as it stands.

        Raises:
            UsageError: There is none of that id.
        """
        return job_of(self._folder(job))

    async def events(self, job: str, *, after: str | None = None) -> AsyncIterator[Event]:
        """Events, oldest first, those after the one of that id."""
        for told in self._folder(job).events():
            if after is None or told["id"] > after:  # ids grow
                yield Event(
                    id=told["id"],
                    time=float(told["time"]),
                    level=told.get("level", "info"),
                    text=told["text"],
                    step=told.get("step"),
                    metrics=told.get("metrics", {}),
                )

    async def checkpoints(self, job: str) -> tuple[Checkpoint, ...]:
        """Adapters of the last epochs, by step."""
        folder = self._folder(job)
        model = folder.order()["model"]
        return tuple(
            Checkpoint(
                id=f"{folder.id}:ckpt-step-{one.step}",
                step=one.step,
                model=served(model, folder.path / one.file),
                created=one.created,
                metrics=one.metrics,
            )
            for one in sorted(folder.state().checkpoints, key=lambda one: one.step)
            if (folder.path / one.file).is_file()
        )

    async def cancel(self, job: str) -> Job:
        """Stop it for good: its trainer ends after the step that it is at.

        Raises:
            UsageError: It has ended.
        """
        folder = self._folder(job)
        state = folder.state()
        if state.status in ENDED and state.status != "failed":
            raise _no_use(folder, state.status, "cancelled")
        return await self._wished(folder, "cancel")

    async def pause(self, job: str) -> Job:
        """Stop it until `resume`, after the step that it is at.

        Raises:
            UsageError: It does not run.
        """
        folder = self._folder(job)
        found = job_of(folder)
        if found.state not in ("validating", "queued", "running"):
            raise _no_use(folder, found.state, "paused")
        return await self._wished(folder, "pause")

    async def resume(self, job: str) -> Job:
        """Go on: a job that was paused, one whose trainer was killed, or one that failed.

        Raises:
            UsageError: It runs or has ended well.
            MissingExtraError: A package is missing by now.
            MissingWeightsError: The model is not on this machine any more.
        """
        folder = self._folder(job)
        found = job_of(folder)
        if found.state not in ("paused", "failed"):
            raise _no_use(folder, found.state, "resumed")
        self.checked(found.model)
        folder.tell(None)
        before = folder.state().starts
        await start(folder, self.trainer(folder.path), taken=lambda: folder.state().starts > before)
        return job_of(folder)

    async def tuned(self) -> AsyncIterator[TunedModel]:
        """Adapters that lie there."""
        async for job in self.jobs():
            if job.tuned_model is not None:
                yield TunedModel(
                    name=job.tuned_model,
                    target=TARGET,
                    base=job.model,
                    job=job.id,
                    created=job.finished,
                )

    @property
    def _shelf(self) -> Shelf:
        return Shelf(self.folder / "files")

    def _folders(self) -> list[Folder]:
        try:
            paths = [path for path in self.folder.iterdir() if _ID.match(path.name)]
        except FileNotFoundError:
            return []
        return [folder for folder in map(Folder, paths) if folder.exists]

    def _folder(self, job: str) -> Folder:
        folder = Folder(self.folder / job)
        if _ID.match(job) and folder.exists:
            return folder
        raise UsageError(
            f"no local job `{excerpt(job)}` is in this folder",
            "`evalkit job list --target local` lists them",
        )

    def _content(self, file: str) -> Path:
        if not file.startswith(RESULT):
            return self._shelf.place(file)
        folder = self._folder(file.removeprefix(RESULT))
        if not folder.metrics.is_file():
            raise UsageError(f"the job {folder.id} has no metrics yet", "wait for its end")
        return folder.metrics

    def _next(self, key: str) -> tuple[Folder, Job | None]:
        """Where the next job of an order goes, or its job that has not ended.

        Two that order the same at once mean the same folder, which one trainer takes.
        """
        number = 1
        while True:
            more = f"-{number}" if number > 1 else ""
            folder = Folder(self.folder / f"ftlocal-{key[:16]}{more}")
            if not folder.exists:
                return folder, None
            job = job_of(folder)
            if not job.ended and job.metadata.get(KEY) == key:
                return folder, job
            number += 1

    async def _wished(self, folder: Folder, wish: Wish) -> Job:
        """Tell the trainer, and wait a little; without a trainer do it in its place."""
        folder.tell(wish)
        until = time.monotonic() + _NOTICE
        while alive(folder.path) and time.monotonic() < until:  # noqa: ASYNC110 - not our process
            await asyncio.sleep(_LOOK)
        with holding(folder.path, patience=0.0) as mine:
            if mine:  # nobody works on it: paused, killed, or it has heeded the wish
                status = folder.state().status
                folder.tell(None)
                if wish == "cancel" and (status not in ENDED or status == "failed"):
                    folder.say("Fine-tuning job cancelled")
                    folder.change(status="cancelled", finished=time.time())
        return job_of(folder)


def _no_use(folder: Folder, state: str, what: str) -> UsageError:
    return UsageError(
        f"the job {folder.id} cannot be {what}: it is {state}", "`evalkit job show` says how it is"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
