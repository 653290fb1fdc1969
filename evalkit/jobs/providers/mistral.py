# SPDX-License-Identifier: Apache-2.0
"""Training jobs at Mistral, whose API for them is deprecated: it may refuse new ones.

Fields and states after the client mistralai 1.9.11 (PyPI, read 2026-11-21), one of the last that
has them; https://docs.mistral.ai/resources/deprecated/finetuning. A job carries its events and its
checkpoints, which are metrics only. It is made with `auto_start`: of the other way, a job that
waits for its owner after it was checked, nothing would be gained, as its rows are linted and its
price is estimated before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from evalkit.core.errors import RemoteError
from evalkit.jobs.job import (
    Checkpoint,
    Event,
    Job,
    JobError,
    Order,
    RemoteFile,
    State,
    TrainingFile,
    TunedModel,
)
from evalkit.jobs.providers import _openai_wire as wire
from evalkit.jobs.providers._neutral import (
    METRICS_OF,
    Arrivals,
    cannot,
    job_of,
    method_of,
    moment,
    neutral,
    number,
    objects,
    results_csv,
    sendable,
    used,
)
from evalkit.jobs.providers._openai_place import server
from evalkit.jobs.providers._opened import opened_file
from evalkit.jobs.seam import Provider, Where
from evalkit.jobs.words import count, text_of, unknown_state
from evalkit.models._connection import Connection, connection

__all__ = ["mistral"]

_NAME = "mistral"
_LACKS = MappingProxyType(
    {
        "preference": "Mistral's API trains on conversations only",
        "rft": "Mistral's API trains on conversations only",
        "seed": "Mistral's API takes none",
        "metadata": "its jobs keep none: a job is found again by its files, model and suffix",
        "pause": "a job can be cancelled only",
        "resume": "a job can be cancelled only",
        "checkpoints": "its checkpoints are metrics only and answer nothing: they are in `results`",
    }
)
_STATES: Mapping[str, State] = MappingProxyType(
    {
        "STARTED": "validating",
        "VALIDATING": "validating",
        "VALIDATED": "queued",
        "QUEUED": "queued",
        "RUNNING": "running",
        "CANCELLATION_REQUESTED": "running",
        "SUCCESS": "succeeded",
        "FAILED": "failed",
        "FAILED_VALIDATION": "failed",
        "CANCELLED": "cancelled",
    }
)
_METHODS = MappingProxyType({"sft": "completion"})
_HYPERPARAMETERS = MappingProxyType(
    {
        "n_epochs": "epochs",
        "learning_rate": "learning_rate",
        "weight_decay": "weight_decay",
        "warmup_ratio": "warmup_fraction",
        "training_steps": "training_steps",
        "seq_len": "seq_len",
    }
)
_METRICS = MappingProxyType(
    {name: name for name in ("train_loss", "valid_loss", "valid_mean_token_accuracy")}
)
_JOBS = "/fine_tuning/jobs"
_GONE = (404, 405, 410)
_PAGE = 100
_MOST_PAGES = 1_000  # of a server that never comes to an end


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mistral:
    """A `Provider`."""

    it: Connection
    name: str = _NAME
    lacks: Mapping[str, str] = field(default_factory=lambda: _LACKS)
    arrivals: Arrivals = field(default_factory=Arrivals)

    @property
    def host(self) -> str:
        return self.it.to.host

    async def files(self) -> AsyncIterator[RemoteFile]:
        async for document in self._pages("/files", {"purpose": "fine-tune"}):
            yield _file(document)

    async def upload(self, file: TrainingFile, *, name: str) -> RemoteFile:
        with opened_file(file) as stream:
            document = await wire.sent_file(
                self.it,
                "/files",
                "file",
                (name, stream),
                size=file.size,
                form={"purpose": "fine-tune"},
            )
        return _file(document)

    async def file(self, file: str) -> RemoteFile:
        return _file(await wire.got(self.it, f"/files/{wire.part_of(file)}"))

    async def content(self, file: str) -> AsyncIterator[bytes]:
        if job := job_of(file):
            points = _points(await wire.got(self.it, _path(job)))
            yield results_csv((step, metrics) for step, metrics, _ in points)
            return
        async for piece in wire.pieces(self.it, f"/files/{wire.part_of(file)}/content"):
            yield piece

    async def create(self, order: Order, *, train: str, validation: str | None) -> Job:
        body = _request(order, train=train, validation=validation)
        try:
            return _job(await wire.posted(self.it, _JOBS, body))
        except RemoteError as fault:
            if fault.status not in _GONE:
                raise
            raise RemoteError(
                f"{fault.message}; Mistral's API for training is deprecated and may be closed",
                "who else takes such rows: evalkit estimate FILE --target all",
                status=fault.status,
            ) from fault

    async def jobs(self, *, key: str | None = None) -> AsyncIterator[Job]:  # noqa: ARG002  no metadata
        found = [_job(document) async for document in self._pages(_JOBS, {})]
        for job in sorted(found, key=lambda one: one.created or 0.0, reverse=True):
            yield job

    async def job(self, job: str) -> Job:
        return _job(await wire.got(self.it, _path(job)))

    async def events(self, job: str, *, after: str | None = None) -> AsyncIterator[Event]:
        """Changes of its state, and its checkpoints as events: they carry the metrics."""
        document = await wire.got(self.it, _path(job))
        said = list(objects(document.get("events")))[::-1]  # newest first
        found = [_event(n, one) for n, one in enumerate(said)]
        found += [_step(*point) for point in _points(document)]
        for event in self.arrivals.later(job, found, after):
            yield event

    async def checkpoints(self, job: str) -> tuple[Checkpoint, ...]:  # noqa: ARG002  as in the seam
        raise cannot(self.lacks, "checkpoints", provider=_NAME)

    async def cancel(self, job: str) -> Job:
        return _job(await wire.posted(self.it, f"{_path(job)}/cancel"))

    async def pause(self, job: str) -> Job:  # noqa: ARG002  as in the seam
        raise cannot(self.lacks, "pause", provider=_NAME)

    async def resume(self, job: str) -> Job:  # noqa: ARG002  as in the seam
        raise cannot(self.lacks, "resume", provider=_NAME)

    async def tuned(self) -> AsyncIterator[TunedModel]:
        document = await wire.got(self.it, "/models")
        for one in objects(document.get("data")):
            name = text_of(one.get("id"))
            if name and one.get("type") == "fine-tuned" and one.get("archived") is not True:
                yield TunedModel(
                    name=name,
                    target=_NAME,
                    base=text_of(one.get("root")),
                    job=text_of(one.get("job")),
                    created=moment(one.get("created")),
                )

    async def _pages(self, path: str, query: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        for page in range(_MOST_PAGES):
            asked = {**query, "page": page, "page_size": _PAGE}
            rows = list(objects((await wire.got(self.it, path, asked)).get("data")))
            for row in rows:
                yield row
            if len(rows) < _PAGE:
                return


@asynccontextmanager
async def mistral(where: Where) -> AsyncIterator[Provider]:
    """Open it: https://docs.mistral.ai/resources/deprecated/finetuning.

    Raises:
        UsageError: No key.
        MissingExtraError: The `openai` package, which carries the requests, is not there.
    """
    place = server(_NAME, where)
    async with connection(
        place.to, key=place.key, key_name=place.key_name, seconds=where.seconds
    ) as it:
        yield _Mistral(it=it)


def _request(order: Order, *, train: str, validation: str | None) -> dict[str, Any]:
    """The body of the order; what it does not say is left to the provider."""
    if order.seed is not None:
        raise cannot(_LACKS, "seed", provider=_NAME)
    body: dict[str, Any] = {
        "model": order.model,
        "job_type": method_of(order, _METHODS, provider=_NAME),
        "training_files": [{"file_id": train, "weight": 1}],
        "hyperparameters": sendable(order, _HYPERPARAMETERS, provider=_NAME),
        "auto_start": True,
    }
    if validation is not None:
        body["validation_files"] = [validation]
    if order.suffix is not None:
        body["suffix"] = order.suffix
    return body


def _path(job: str) -> str:
    return f"{_JOBS}/{wire.part_of(job)}"


def _job(document: Mapping[str, Any]) -> Job:
    name = text_of(document.get("id"))
    if name is None:
        raise RemoteError("the provider's answer names no job", "is the url right?")
    said = str(document.get("status") or "")
    tuned = text_of(document.get("fine_tuned_model"))  # null while the job runs
    state = _STATES.get(said) or unknown_state(ended=tuned is not None, tuned=True)
    ended = state in ("succeeded", "failed", "cancelled")
    created, changed = moment(document.get("created_at")), moment(document.get("modified_at"))
    given = document.get("hyperparameters")
    foreseen = document.get("metadata")
    foreseen = foreseen if isinstance(foreseen, Mapping) else {}
    start = moment(foreseen.get("estimated_start_time")) or created
    lasts = number(foreseen.get("expected_duration_seconds"))
    return Job(
        id=name,
        target=_NAME,
        model=str(document.get("model") or ""),
        state=state,
        said=said,
        known=said in _STATES,
        method="sft",
        created=created,
        finished=changed if ended else None,
        estimated_finish=start + lasts if start and lasts and not ended else None,
        training_file=_first(document.get("training_files")),
        validation_file=_first(document.get("validation_files")),
        result_files=(f"{METRICS_OF}{name}",) if ended else (),
        tuned_model=tuned,
        trained_tokens=count(document.get("trained_tokens")),
        hyperparameters=used(given, _HYPERPARAMETERS) if isinstance(given, Mapping) else {},
        suffix=text_of(document.get("suffix")),
        error=_error(document, said) if state == "failed" else None,
        document=document,
    )


def _error(document: Mapping[str, Any], said: str) -> JobError:
    """What its last event says beside the state; the job itself has no words for it."""
    for event in objects(document.get("events")):  # newest first
        data = event.get("data")
        if isinstance(data, Mapping) and data.get("status") == said:
            told = [text_of(data.get(name)) for name in ("error", "message", "detail")]
            return JobError(code=said, message=next(filter(None, told), ""))
    return JobError(code=said, message="")


def _first(files: Any) -> str | None:
    """The id of the first file: evalkit gives one."""
    if not isinstance(files, list) or not files:
        return None
    return text_of(files[0].get("file_id") if isinstance(files[0], Mapping) else files[0])


def _points(document: Mapping[str, Any]) -> list[tuple[int, dict[str, float], float]]:
    """Step, metrics and time of each checkpoint, by step."""
    found = []
    for one in objects(document.get("checkpoints")):
        step, metrics = count(one.get("step_number")), one.get("metrics")
        if step is not None and isinstance(metrics, Mapping):
            time = moment(one.get("created_at")) or 0.0
            found.append((step, neutral(metrics, _METRICS), time))
    return sorted(found, key=lambda point: point[0])


def _event(n: int, document: Mapping[str, Any]) -> Event:
    """A change of state; it has no id, so that its place and the state are its id."""
    data = document.get("data")
    data = data if isinstance(data, Mapping) else {}
    status = str(data.get("status") or document.get("name") or "event")
    said = [text_of(data.get(name)) for name in ("error", "message", "detail")]
    why = next(filter(None, said), "")
    return Event(
        id=f"{n:06d}-{status[:40]}",
        time=moment(document.get("created_at")) or 0.0,
        level="error" if status.startswith("FAILED") else "info",
        text=f"{status}: {why}" if why else status,
    )


def _step(step: int, metrics: Mapping[str, float], time: float) -> Event:
    said = ", ".join(f"{name}={value:.4g}" for name, value in metrics.items())
    return Event(
        id=f"step-{step:09d}",
        time=time,
        level="info",
        text=f"Step {step}: {said}",
        step=step,
        metrics=metrics,
    )


def _file(document: Mapping[str, Any]) -> RemoteFile:
    name = text_of(document.get("id"))
    if name is None:
        raise RemoteError("the provider's answer names no file", "is the url right?")
    return RemoteFile(
        id=name,
        name=str(document.get("filename") or ""),
        size=count(document.get("bytes")),
        created=moment(document.get("created_at")) or 0.0,
    )
