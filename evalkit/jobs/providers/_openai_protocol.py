# SPDX-License-Identifier: Apache-2.0
"""Training jobs by OpenAI's protocol: files, uploads, jobs, events, checkpoints."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from evalkit.core.errors import InputError, RemoteError, UsageError
from evalkit.core.printable import printable
from evalkit.jobs.job import (
    KEY,
    Checkpoint,
    Event,
    Job,
    Order,
    RemoteFile,
    TrainingFile,
    TunedModel,
)
from evalkit.jobs.providers._openai_place import server
from evalkit.jobs.providers._openai_reading import (
    METHODS,
    checkpoint_in,
    event_in,
    file_in,
    job_in,
)
from evalkit.jobs.providers._openai_wire import (
    JSONL,
    got,
    page_by_page,
    part_of,
    pieces,
    posted,
    sent_file,
)
from evalkit.jobs.providers._opened import opened_file
from evalkit.jobs.seam import Where
from evalkit.jobs.services import Service, service
from evalkit.models._connection import Connection, connection

__all__ = ["PURPOSE", "OpenAIProtocol", "opened"]

PURPOSE = "fine-tune"
_JOBS = "/fine_tuning/jobs"
_PAGE = 100  # jobs and events, the most that OpenAI gives
_FILES_PAGE = 1_000
_TUNED = (":ft-", ".ft-")  # in names of tuned models: before 2023, and at Azure


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIProtocol:
    """A `Provider` that speaks it; its connection is open.

    Attributes:
        name: The target's.
        it: The connection.
        rules: What its API takes: how large a file, whether metadata.
        lacks: What it cannot do, with the reasons.
        page: Jobs and events of one page.
        files_page: Files of one page.
    """

    name: str
    it: Connection
    rules: Service
    lacks: Mapping[str, str] = field(default_factory=dict)
    page: int = _PAGE
    files_page: int = _FILES_PAGE

    @property
    def host(self) -> str:
        """Where data goes."""
        return self.it.to.host

    async def files(self) -> AsyncIterator[RemoteFile]:
        """Files for training, newest first."""
        query = {"purpose": PURPOSE, "limit": self.files_page}
        async for document in page_by_page(self.it, "/files", query):
            if document.get("purpose") in (None, PURPOSE):  # a server may not know the filter
                yield file_in(document)

    async def upload(self, file: TrainingFile, *, name: str) -> RemoteFile:
        """Send a file under that name; one above the direct limit goes up by parts.

        Raises:
            InputError: The file changed since it was looked at, or is larger than the most.
            RemoteError: As all of them.
        """
        if self.rules.most_bytes is not None and file.size > self.rules.most_bytes:
            raise InputError(
                f"{printable(str(file.path))} has {file.size:,} bytes; {self.name} takes "
                f"{self.rules.most_bytes:,}",
                "train on fewer rows: evalkit split draws a sample",
            )
        direct = self.rules.direct_bytes
        if direct is None or file.size <= direct:
            with opened_file(file) as stream:
                return file_in(
                    await sent_file(
                        self.it,
                        "/files",
                        "file",
                        (name, stream),
                        size=file.size,
                        form={"purpose": PURPOSE},
                    )
                )
        return await self._by_parts(file, name)

    async def _by_parts(self, file: TrainingFile, name: str) -> RemoteFile:
        """Uploads API: https://developers.openai.com/api/reference/resources/uploads."""
        body = {"purpose": PURPOSE, "filename": name, "bytes": file.size, "mime_type": JSONL}
        upload = await posted(self.it, "/uploads", body)
        path = f"/uploads/{part_of(str(upload.get('id') or ''))}"
        try:
            parts = []
            with opened_file(file) as stream:
                while piece := stream.read(self.rules.part_bytes):
                    part = await sent_file(
                        self.it, f"{path}/parts", "data", (name, piece), size=len(piece)
                    )
                    parts.append(str(part.get("id") or ""))
        except Exception:
            with suppress(RemoteError):  # it goes away by itself within the hour too
                await posted(self.it, f"{path}/cancel")
            raise
        made = await posted(self.it, f"{path}/complete", {"part_ids": parts})
        whole = made.get("file")
        if not isinstance(whole, Mapping):
            raise RemoteError(
                f"{self.host} made no file of the {len(parts)} parts that it was sent",
                "run the same command again",
                retryable=True,
            )
        return file_in(whole)

    async def file(self, file: str) -> RemoteFile:
        """A file as it stands."""
        return file_in(await got(self.it, f"/files/{part_of(file)}"))

    def content(self, file: str) -> AsyncIterator[bytes]:
        """The bytes of a file, in pieces."""
        return pieces(self.it, f"/files/{part_of(file)}/content")

    async def create(self, order: Order, *, train: str, validation: str | None) -> Job:
        """Start the job; costs money.

        Raises:
            UsageError: No such method here.
            RemoteError: As all of them.
        """
        body = self.body(order, train=train, validation=validation)
        return job_in(await posted(self.it, _JOBS, body), self.name)

    def body(self, order: Order, *, train: str, validation: str | None) -> dict[str, Any]:
        """The request that `create` sends.

        Raises:
            UsageError: No such method here.
        """
        kind = METHODS.get(order.method)
        if kind is None:
            raise UsageError(
                f"{self.name} does not train by the method `{order.method}`",
                f"it does by: {', '.join(METHODS)}",
            )
        inner: dict[str, Any] = {}
        if order.grader is not None:
            inner["grader"] = dict(order.grader)
        if order.hyperparameters:
            inner["hyperparameters"] = dict(order.hyperparameters)
        body: dict[str, Any] = {
            "model": order.model,
            "training_file": train,
            "method": {"type": kind, kind: inner},
        }
        if validation is not None:
            body["validation_file"] = validation
        if order.suffix is not None:
            body["suffix"] = order.suffix
        if order.seed is not None:
            body["seed"] = order.seed
        if "metadata" not in self.lacks:
            body["metadata"] = {**order.metadata, KEY: order.key}
        return body

    async def jobs(self, *, key: str | None = None) -> AsyncIterator[Job]:
        """Jobs of the account, newest first; those of one order where it keeps metadata."""
        query: dict[str, Any] = {"limit": self.page}
        by_key = key is not None and "metadata" not in self.lacks
        if by_key:
            query[f"metadata[{KEY}]"] = key
        async for document in page_by_page(self.it, _JOBS, query):
            job = job_in(document, self.name)
            if not by_key or job.metadata.get(KEY) == key:  # a server may not know the filter
                yield job

    async def job(self, job: str) -> Job:
        """The job as it stands."""
        return job_in(await got(self.it, _path(job)), self.name)

    async def events(self, job: str, *, after: str | None = None) -> AsyncIterator[Event]:
        """Events, oldest first, those after the one of that id; the server lists newest first."""
        found = []
        async for document in page_by_page(self.it, f"{_path(job)}/events", {"limit": self.page}):
            event = event_in(document)
            if after is not None and event.id == after:
                break
            found.append(event)
        for event in reversed(found):
            yield event

    async def checkpoints(self, job: str) -> tuple[Checkpoint, ...]:
        """Checkpoints that can be asked, by step."""
        documents = page_by_page(self.it, f"{_path(job)}/checkpoints", {"limit": self.page})
        found = [checkpoint_in(document) async for document in documents]
        return tuple(sorted(filter(None, found), key=lambda one: (one.step, one.id)))

    async def cancel(self, job: str) -> Job:
        """Stop it for good."""
        return job_in(await posted(self.it, f"{_path(job)}/cancel"), self.name)

    async def pause(self, job: str) -> Job:
        """Stop it until `resume`."""
        return job_in(await posted(self.it, f"{_path(job)}/pause"), self.name)

    async def resume(self, job: str) -> Job:
        """Go on."""
        return job_in(await posted(self.it, f"{_path(job)}/resume"), self.name)

    async def tuned(self) -> AsyncIterator[TunedModel]:
        """Tuned models that the account's list of models has: those still answer."""
        known = page_by_page(self.it, "/models")
        answering = {str(one["id"]): one async for one in known}
        async for job in self.jobs():
            name = job.tuned_model
            if name is not None and name in answering:
                del answering[name]
                yield TunedModel(
                    name=name, target=self.name, base=job.model, job=job.id, created=job.finished
                )
        for name, document in answering.items():
            if name.startswith("ft:") or any(mark in name for mark in _TUNED):
                yield _without_job(name, document, self.name)


@asynccontextmanager
async def opened(
    target: str, where: Where, *, lacks: Mapping[str, str] | None = None
) -> AsyncIterator[OpenAIProtocol]:
    """Open a target's connection for the length of the block; nothing is sent by that.

    Args:
        target: Its name.
        where: How to reach it.
        lacks: What it cannot do, with the reasons.

    Raises:
        UsageError: No key or no address.
        MissingExtraError: The `openai` package is not there.
    """
    place = server(target, where)
    async with connection(
        place.to,
        key=place.key,
        key_name=place.key_name,
        key_header=place.key_header,
        organization=place.own,
        seconds=where.seconds,
    ) as it:
        yield OpenAIProtocol(name=target, it=it, rules=service(target), lacks=dict(lacks or {}))


def _path(job: str) -> str:
    return f"{_JOBS}/{part_of(job)}"


def _without_job(name: str, document: Mapping[str, Any], target: str) -> TunedModel:
    """A tuned model of which the list of models alone knows."""
    from evalkit.jobs.words import instant
    from evalkit.targets.load import base_of

    base = base_of(name)
    if base == name:
        base = name.partition(".ft-")[0]
    return TunedModel(
        name=name,
        target=target,
        base=None if base == name else base,
        created=instant(document.get("created")),
    )
