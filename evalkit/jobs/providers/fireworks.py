# SPDX-License-Identifier: Apache-2.0
"""Training jobs at Fireworks: data sets, supervised and preference jobs of an account.

After the client fireworks-ai 1.2.30 (PyPI, read 2026-11-21) and
https://docs.fireworks.ai/fine-tuning/fine-tuning-via-api. Ids are ours to choose: a data set is
called after its bytes and a job after its order, so that nothing is ever made twice.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from evalkit.core.errors import RemoteError, UsageError
from evalkit.core.printable import excerpt
from evalkit.jobs.job import Checkpoint, Event, Job, Order, RemoteFile, TrainingFile, TunedModel
from evalkit.jobs.providers import _openai_wire as wire
from evalkit.jobs.providers._fireworks_reading import (
    HYPERPARAMETERS,
    dataset_in,
    job_in,
    last_part,
    state_event,
    step_event,
    steps_in,
    tuned_in,
)
from evalkit.jobs.providers._neutral import (
    Arrivals,
    cannot,
    job_of,
    method_of,
    objects,
    results_csv,
    sendable,
)
from evalkit.jobs.providers._openai_place import server
from evalkit.jobs.providers._opened import opened_file
from evalkit.jobs.providers._signed import fetched, put
from evalkit.jobs.seam import Provider, Where
from evalkit.jobs.words import text_of
from evalkit.models._connection import Connection, connection
from evalkit.models._endpoints import endpoints

__all__ = ["fireworks"]

_NAME = "fireworks"
_ACCOUNT_ENV = "FIREWORKS_ACCOUNT_ID"
_LACKS = MappingProxyType(
    {
        "rft": "Fireworks' reinforcement wants an evaluator that is made with its own tools first",
        "seed": "Fireworks' API takes none",
        "metadata": "its jobs keep none: a job is known by its name, which is made of the order",
        "checkpoints": "its API has no list of them",
        "pause": "a job can be cancelled only; Fireworks itself pauses some, which `resume` wakes",
    }
)
_KINDS = ("supervisedFineTuningJobs", "dpoJobs")
_METHODS = MappingProxyType({"sft": _KINDS[0], "preference": _KINDS[1]})
_ID_FIELDS = MappingProxyType({_KINDS[0]: "supervisedFineTuningJobId", _KINDS[1]: "dpoJobId"})
_DIRECT = 150 * 2**20  # bytes that one request may bring; larger ones go to a signed address
_PAGE = 200  # the most that it gives
_MOST_PAGES = 1_000  # of a server that never comes to an end
_MOST_METRICS = 64 * 2**20
_TRIES = 50  # jobs of one order
_NO_ID = re.compile(r"[^a-z0-9-]+")
_LONGEST_ID = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fireworks:
    """A `Provider`."""

    it: Connection
    account: str | None  # None = the only one that the key sees
    name: str = _NAME
    lacks: Mapping[str, str] = field(default_factory=lambda: _LACKS)
    arrivals: Arrivals = field(default_factory=Arrivals)
    _found: dict[str, str] = field(default_factory=dict)  # the account, once it was asked for

    @property
    def host(self) -> str:
        return self.it.to.host

    async def files(self) -> AsyncIterator[RemoteFile]:
        """Data sets that hold their rows: of one that was begun only `upload` makes something."""
        found = [dataset_in(one) async for one in self._pages("datasets")]
        for file in sorted(found, key=lambda one: one.created, reverse=True):
            if file.ready:
                yield file

    async def upload(self, file: TrainingFile, *, name: str) -> RemoteFile:
        """Send a file as a data set called after `name`; one that was begun is gone on with."""
        dataset = _id(name.removesuffix(".jsonl"))
        path = f"{await self._home()}/datasets"
        with opened_file(file) as stream:
            rows = sum(1 for line in stream if line.strip())
        made = {"displayName": name, "userUploaded": {}, "exampleCount": str(rows)}
        try:
            await wire.posted(self.it, path, {"datasetId": dataset, "dataset": made})
        except RemoteError as fault:
            if fault.status != 409:  # there already: an upload of before, finished or not
                raise
            there = await self.file(dataset)
            if there.ready:
                return there
        path = f"{path}/{wire.part_of(dataset)}"
        with opened_file(file) as stream:
            if file.size <= _DIRECT:
                await wire.sent_file(
                    self.it, f"{path}:upload", "file", (f"{dataset}.jsonl", stream), size=file.size
                )
            else:
                await self._put(path, f"{dataset}.jsonl", stream, file.size)
        return await self.file(dataset)

    async def _put(self, path: str, name: str, stream: Any, size: int) -> None:
        body = {"filenameToSize": {name: str(size)}}
        answer = await wire.posted(self.it, f"{path}:getUploadEndpoint", body)
        url = _signed_for(answer, name, self.host)
        headers = {
            "Content-Type": "application/octet-stream",
            "X-Goog-Content-Length-Range": f"{size},{size}",
        }
        await put(self.it, url, stream, size=size, headers=headers)
        await wire.posted(self.it, f"{path}:validateUpload", {})

    async def file(self, file: str) -> RemoteFile:
        path = f"{await self._home()}/datasets/{wire.part_of(last_part(file))}"
        return dataset_in(await wire.got(self.it, path))

    async def content(self, file: str) -> AsyncIterator[bytes]:
        if job := job_of(file):
            rows = await self._steps(await self._document(job))
            yield results_csv((step, metrics) for step, metrics, _ in rows)
            return
        dataset = last_part(file)
        path = f"{await self._home()}/datasets/{wire.part_of(dataset)}"
        answer = await wire.got(self.it, f"{path}:getDownloadEndpoint")
        async for piece in fetched(self.it, _signed_for(answer, None, self.host)):
            yield piece

    async def create(self, order: Order, *, train: str, validation: str | None) -> Job:
        """Start the job under the order's name; a second one of the same order gets a number."""
        if order.seed is not None:
            raise cannot(self.lacks, "seed", provider=_NAME)
        kind = method_of(order, _METHODS, provider=_NAME)
        body = _request(order, kind, train=train, validation=validation, home=await self._home())
        path = f"{await self._home()}/{kind}"
        for n in range(1, _TRIES + 1):
            name = _job_id(order.key) if n == 1 else f"{_job_id(order.key)}-{n}"
            try:
                asked = f"{path}?{_ID_FIELDS[kind]}={name}"
                return job_in(await wire.posted(self.it, asked, body))
            except RemoteError as fault:
                if fault.status != 409 or n == _TRIES:
                    raise
        raise AssertionError  # the last try returned or raised

    async def jobs(self, *, key: str | None = None) -> AsyncIterator[Job]:
        found = [job_in(one) for kind in _KINDS async for one in self._pages(kind)]
        for job in sorted(found, key=lambda one: one.created or 0.0, reverse=True):
            if key is None or job.id == _job_id(key) or job.id.startswith(f"{_job_id(key)}-"):
                yield job

    async def job(self, job: str) -> Job:
        return job_in(await self._document(job))

    async def events(self, job: str, *, after: str | None = None) -> AsyncIterator[Event]:
        """Its state and the steps of its metrics file as events: it has no list of them."""
        document = await self._document(job)
        found = [step_event(*step) for step in await self._steps(document)]
        found.append(state_event(document))
        for event in self.arrivals.later(job, found, after):
            yield event

    async def checkpoints(self, job: str) -> tuple[Checkpoint, ...]:  # noqa: ARG002  as in the seam
        raise cannot(self.lacks, "checkpoints", provider=_NAME)

    async def cancel(self, job: str) -> Job:
        await wire.posted(self.it, f"{await self._path(job)}:cancel", {})
        return await self.job(job)

    async def pause(self, job: str) -> Job:  # noqa: ARG002  as in the seam
        raise cannot(self.lacks, "pause", provider=_NAME)

    async def resume(self, job: str) -> Job:
        await wire.posted(self.it, f"{await self._path(job)}:resume", {})
        return await self.job(job)

    async def tuned(self) -> AsyncIterator[TunedModel]:
        """Adapters of the account; each needs a deployment before it answers."""
        async for document in self._pages("models"):
            model = tuned_in(document)
            if model is not None:
                yield model

    async def _home(self) -> str:
        """The path of the account.

        Raises:
            UsageError: The key sees none, or several.
        """
        account = self.account or self._found.get("account")
        if account is None:
            document = await wire.got(self.it, "/accounts")
            names = [text_of(one.get("name")) for one in objects(document.get("accounts"))]
            seen = sorted({last_part(name) for name in names if name})
            if len(seen) != 1:
                what = f"{len(seen)} accounts: {', '.join(map(excerpt, seen[:5]))}"
                raise UsageError(
                    f"the key sees {what if seen else 'no account'} at {self.host}",
                    f"set {_ACCOUNT_ENV} to the one that is meant",
                )
            account = self._found["account"] = seen[0]
        return f"/accounts/{wire.part_of(account)}"

    async def _path(self, job: str) -> str:
        """Of a job, whatever kind it is."""
        return "/" + _under((await self._document(job)).get("name"), await self._home())

    async def _document(self, job: str) -> Mapping[str, Any]:
        home, name = await self._home(), wire.part_of(last_part(job))
        try:
            return await wire.got(self.it, f"{home}/{_KINDS[0]}/{name}")
        except RemoteError as fault:
            if fault.status != 404:
                raise
        return await wire.got(self.it, f"{home}/{_KINDS[1]}/{name}")

    async def _steps(
        self, document: Mapping[str, Any]
    ) -> list[tuple[int, dict[str, float], float]]:
        """Step, metrics and time of each line of the metrics file; none before there is one."""
        url = text_of(document.get("metricsFileSignedUrl"))
        if url is None and "trainingConfig" in document:  # of preference it is asked for apart
            path = "/" + _under(document.get("name"), await self._home())
            try:
                answer = await wire.got(self.it, f"{path}:getMetricsFileEndpoint")
            except RemoteError as fault:
                if fault.status not in (400, 404):
                    raise
                return []
            url = text_of(answer.get("signedUrl"))
        if url is None:
            return []
        raw = bytearray()
        async for piece in fetched(self.it, url):
            raw += piece
            if len(raw) > _MOST_METRICS:
                raise RemoteError(f"the metrics at {self.host} are longer than 64 MB")
        return steps_in(bytes(raw))

    async def _pages(self, what: str) -> AsyncIterator[Mapping[str, Any]]:
        path, token = f"{await self._home()}/{what}", ""
        for _ in range(_MOST_PAGES):
            asked: dict[str, Any] = {"pageSize": _PAGE}
            if token:
                asked["pageToken"] = token
            document = await wire.got(self.it, path, asked)
            for row in objects(document.get(what)):
                yield row
            token = text_of(document.get("nextPageToken")) or ""
            if not token:
                return


@asynccontextmanager
async def fireworks(where: Where) -> AsyncIterator[Provider]:
    """Open it; the account is FIREWORKS_ACCOUNT_ID, that of the URL, or the only one of the key.

    Raises:
        UsageError: No key.
        MissingExtraError: The `openai` package, which carries the requests, is not there.
    """
    url, account = _based(where.url or endpoints()[_NAME].base_url or "")
    place = server(_NAME, replace(where, url=url))
    account = account or os.environ.get(_ACCOUNT_ENV, "").strip() or None
    async with connection(
        place.to, key=place.key, key_name=place.key_name, seconds=where.seconds
    ) as it:
        yield _Fireworks(it=it, account=account)


def _based(url: str) -> tuple[str, str | None]:
    """The URL below which accounts lie, and the account if the URL names one.

    What answers for models lies elsewhere (/inference/v1), and is what users know.
    """
    base, _, rest = url.partition("/accounts/")
    base = base.rstrip("/").removesuffix("/inference/v1").removesuffix("/v1")
    if not urlsplit(base).scheme:
        return url, None
    return f"{base}/v1", rest.partition("/")[0] or None


def _request(
    order: Order, kind: str, *, train: str, validation: str | None, home: str
) -> dict[str, Any]:
    """The body of the order; what it does not say is left to the provider."""
    given = sendable(order, HYPERPARAMETERS, provider=_NAME)
    beta = given.pop("beta", None)
    config: dict[str, Any] = {"baseModel": order.model, **given}
    if order.suffix is not None:
        model = _id(f"{order.suffix}-{order.key[:8]}")
        config["outputModel"] = f"{home.removeprefix('/')}/models/{model}"
    whole: dict[str, Any] = {
        "dataset": f"{home.removeprefix('/')}/datasets/{last_part(train)}",
        "displayName": (order.suffix or f"evalkit-{order.key[:8]}")[:_LONGEST_ID],
    }
    if kind == "dpoJobs":
        if validation is not None:
            raise UsageError(
                "fireworks takes no validation file for training by preference",
                "leave --validation out",
            )
        dpo = {} if beta is None else {"dpo": {"beta": beta}}
        return {**whole, "trainingConfig": config, "lossConfig": {"method": "DPO", **dpo}}
    if validation is not None:
        config["evaluationDataset"] = f"{home.removeprefix('/')}/datasets/{last_part(validation)}"
    return {**whole, **config}


def _id(text: str) -> str:
    """A text as an id: small letters, digits and hyphens, 63 of them."""
    return _NO_ID.sub("-", text.lower()).strip("-")[:_LONGEST_ID].rstrip("-") or "evalkit"


def _job_id(key: str) -> str:
    return _id(f"evalkit-{key}")


def _under(name: Any, home: str) -> str:
    """A resource's name as a path, if it is of a kind that we ask for and of the account."""
    parts = str(name or "").split("/")
    if len(parts) != 4 or f"/{parts[0]}/{parts[1]}" != home or parts[2] not in _KINDS:
        raise RemoteError("the provider's answer names no job of the account", "is the url right?")
    return "/".join([*parts[:3], wire.part_of(parts[3])])


def _signed_for(answer: Mapping[str, Any], name: str | None, host: str) -> str:
    """The address for a file, or for the only one."""
    urls = answer.get("filenameToSignedUrls")
    urls = urls if isinstance(urls, Mapping) else {}
    url = text_of(urls.get(name)) if name else next(filter(None, map(text_of, urls.values())), None)
    if url is None:
        raise RemoteError(f"{host} names no address for the file", "run the command again")
    return url
