# SPDX-License-Identifier: Apache-2.0
"""Training jobs at Together: files, fine-tunes, their events, metrics and checkpoints.

Fields and states after the client together 3.1.1 (PyPI, read 2026-11-21) and
https://docs.together.ai/reference/post-fine-tunes, /upload-file, /get-fine-tunes-id-metrics.
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
    MOST_STEPS,
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
from evalkit.jobs.words import count, text_of
from evalkit.models._connection import Connection, connection

__all__ = ["together"]

_NAME = "together"
_LACKS = MappingProxyType(
    {
        "rft": "Together trains supervised and by preference only",
        "metadata": "its jobs keep none: a job is found again by its files, model and suffix",
        "pause": "a job can be cancelled only; a new one may start from its checkpoint",
        "resume": "a job can be cancelled only; a new one may start from its checkpoint",
    }
)
_STATES: Mapping[str, State] = MappingProxyType(
    {
        "pending": "queued",
        "queued": "queued",
        "running": "running",
        "compressing": "running",
        "uploading": "running",
        "cancel_requested": "running",
        "cancelled": "cancelled",
        "error": "failed",
        "user_error": "failed",
        "completed": "succeeded",
    }
)
_METHODS = MappingProxyType({"sft": "sft", "completion": "sft", "preference": "dpo"})
_OURS = MappingProxyType({"sft": "sft", "dpo": "preference"})
# Fields of the request; those of the method stand inside it.
_FIELDS = MappingProxyType(
    {
        "n_epochs": "n_epochs",
        "batch_size": "batch_size",
        "learning_rate": "learning_rate",
        "warmup_ratio": "warmup_ratio",
        "weight_decay": "weight_decay",
        "n_evals": "n_evals",
        "n_checkpoints": "n_checkpoints",
    }
)
_HYPERPARAMETERS = MappingProxyType({**_FIELDS, "beta": "dpo_beta", "rank": "lora_r"})
_METRICS = MappingProxyType({"train/loss": "train_loss", "eval/loss": "valid_loss"})
_FILE_FAULTS = ("FAILED", "INVALID_FORMAT")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Together:
    """A `Provider`."""

    it: Connection
    name: str = _NAME
    lacks: Mapping[str, str] = field(default_factory=lambda: _LACKS)
    arrivals: Arrivals = field(default_factory=Arrivals)

    @property
    def host(self) -> str:
        return self.it.to.host

    async def files(self) -> AsyncIterator[RemoteFile]:
        document = await wire.got(self.it, "/files")
        found = [_file(one) for one in objects(document.get("data")) if _for_training(one)]
        for file in sorted(found, key=lambda one: one.created, reverse=True):
            yield file

    async def upload(self, file: TrainingFile, *, name: str) -> RemoteFile:
        form = {"purpose": "fine-tune", "file_name": name, "file_type": "jsonl"}
        with opened_file(file) as stream:
            document = await wire.sent_file(
                self.it, "/files/upload", "file", (name, stream), size=file.size, form=form
            )
        return _file(document)

    async def file(self, file: str) -> RemoteFile:
        return _file(await wire.got(self.it, f"/files/{wire.part_of(file)}"))

    async def content(self, file: str) -> AsyncIterator[bytes]:
        if job := job_of(file):
            rows = await self._metrics(job)
            yield results_csv((step, metrics) for step, metrics, _ in rows)
            return
        async for piece in wire.pieces(self.it, f"/files/{wire.part_of(file)}/content"):
            yield piece

    async def create(self, order: Order, *, train: str, validation: str | None) -> Job:
        body = _request(order, train=train, validation=validation)
        return _job(await wire.posted(self.it, "/fine-tunes", body))

    async def jobs(self, *, key: str | None = None) -> AsyncIterator[Job]:  # noqa: ARG002  no metadata
        document = await wire.got(self.it, "/fine-tunes")
        found = [_job(one) for one in objects(document.get("data"))]
        for job in sorted(found, key=lambda one: one.created or 0.0, reverse=True):
            yield job

    async def job(self, job: str) -> Job:
        return _job(await wire.got(self.it, _path(job)))

    async def events(self, job: str, *, after: str | None = None) -> AsyncIterator[Event]:
        """Its events, and its steps as events: their metrics lie apart."""
        document = await wire.got(self.it, f"{_path(job)}/events")
        found = [_event(n, one) for n, one in enumerate(objects(document.get("data")))]
        begun = max((one.time for one in found), default=0.0)
        found += [_step(*row, begun) for row in await self._metrics(job)]
        for event in self.arrivals.later(job, found, after):
            yield event

    async def checkpoints(self, job: str) -> tuple[Checkpoint, ...]:
        document = await wire.got(self.it, f"{_path(job)}/checkpoints")
        found = []
        for one in objects(document.get("data")):
            step, model = count(one.get("step")), text_of(one.get("object_name"))
            if step is not None and model is not None:
                made = moment(one.get("created_at"))
                found.append(Checkpoint(id=f"{job}:{step}", step=step, model=model, created=made))
        return tuple(sorted(found, key=lambda one: one.step))

    async def cancel(self, job: str) -> Job:
        return _job(await wire.posted(self.it, f"{_path(job)}/cancel"))

    async def pause(self, job: str) -> Job:  # noqa: ARG002  as in the seam
        raise cannot(self.lacks, "pause", provider=_NAME)

    async def resume(self, job: str) -> Job:  # noqa: ARG002  as in the seam
        raise cannot(self.lacks, "resume", provider=_NAME)

    async def tuned(self) -> AsyncIterator[TunedModel]:
        """Of jobs that succeeded; each needs an endpoint of the account before it answers."""
        async for job in self.jobs():
            if job.tuned_model is not None:
                yield TunedModel(
                    name=job.tuned_model,
                    target=_NAME,
                    base=job.model,
                    job=job.id,
                    created=job.finished,
                )

    async def _metrics(self, job: str) -> list[tuple[int, dict[str, float], float]]:
        """Step, metrics and time of each row; training and evaluation come apart."""
        document = await wire.got(self.it, f"{_path(job)}/metrics")
        rows = []
        for row in objects(document.get("metrics")):
            step = number(row.get("train/global_step"))
            metrics = neutral(row, _METRICS)
            if step is not None and 0 <= step <= MOST_STEPS and metrics:
                rows.append((int(step), metrics, moment(row.get("timestamp")) or 0.0))
        return rows


@asynccontextmanager
async def together(where: Where) -> AsyncIterator[Provider]:
    """Open it: https://docs.together.ai/docs/fine-tuning.

    Raises:
        UsageError: No key.
        MissingExtraError: The `openai` package, which carries the requests, is not there.
    """
    place = server(_NAME, where)
    async with connection(
        place.to, key=place.key, key_name=place.key_name, seconds=where.seconds
    ) as it:
        yield _Together(it=it)


def _request(order: Order, *, train: str, validation: str | None) -> dict[str, Any]:
    """The body of the order; what it does not say is left to the provider."""
    given = sendable(order, _HYPERPARAMETERS, provider=_NAME)
    method: dict[str, Any] = {"method": method_of(order, _METHODS, provider=_NAME)}
    if method["method"] == "sft":
        method["train_on_inputs"] = "auto"
    elif "dpo_beta" in given:
        method["dpo_beta"] = given["dpo_beta"]
    body = {name: value for name, value in given.items() if name in _FIELDS.values()}
    body |= {"model": order.model, "training_file": train, "training_method": method}
    if "lora_r" in given:  # the client's own rule for alpha
        body["training_type"] = {
            "type": "Lora",
            "lora_r": given["lora_r"],
            "lora_alpha": 2 * int(given["lora_r"]),
        }
    if validation is not None:
        # Without it the file is taken and never looked at.
        body = {"n_evals": 1, **body, "validation_file": validation}
    if order.suffix is not None:
        body["suffix"] = order.suffix
    if order.seed is not None:
        body["random_seed"] = order.seed
    return body


def _path(job: str) -> str:
    return f"/fine-tunes/{wire.part_of(job)}"


def _job(document: Mapping[str, Any]) -> Job:
    name = text_of(document.get("id"))
    if name is None:
        raise RemoteError("the provider's answer names no job", "is the url right?")
    said = str(document.get("status") or "")
    state = _STATES.get(said, "running")
    ended = state in ("succeeded", "failed", "cancelled")
    updated = moment(document.get("updated_at"))
    method = document.get("training_method")
    method = method if isinstance(method, Mapping) else {}
    kind = document.get("training_type")
    kind = kind if isinstance(kind, Mapping) else {}
    progress = document.get("progress")
    left = None
    if isinstance(progress, Mapping) and progress.get("estimate_available") is True:
        left = number(progress.get("seconds_remaining"))
    return Job(
        id=name,
        target=_NAME,
        model=str(document.get("model") or ""),
        state=state,
        said=said,
        known=said in _STATES,
        method=_OURS.get(str(method.get("method"))),
        created=moment(document.get("created_at")),
        finished=updated if ended else None,
        estimated_finish=updated + left if updated and left and not ended else None,
        training_file=text_of(document.get("training_file")),
        validation_file=text_of(document.get("validation_file")),
        result_files=(f"{METRICS_OF}{name}",) if ended else (),
        tuned_model=text_of(document.get("model_output_name")) if state == "succeeded" else None,
        trained_tokens=count(document.get("token_count")) or None,
        hyperparameters=used({**document, **method, **kind}, _HYPERPARAMETERS),
        suffix=text_of(document.get("suffix")),
        seed=count(document.get("random_seed")),
        error=_error(document, said) if state == "failed" else None,
        document=document,
    )


def _error(document: Mapping[str, Any], said: str) -> JobError:
    """The last thing that went wrong; the job itself has no words for it."""
    told = [
        str(event.get("message") or "")
        for event in objects(document.get("events"))
        if str(event.get("type") or "").lower() in ("job_error", "job_user_error", "billing_limit")
    ]
    return JobError(code=said, message=told[-1] if told else "")


def _event(n: int, document: Mapping[str, Any]) -> Event:
    """An event; those of today have no id, so that its place and its type are its id."""
    text = str(document.get("message") or "")
    kind = str(document.get("type") or "event")
    said = str(document.get("level") or "").lower()  # "legacy_iwarning" too
    return Event(
        id=text_of(document.get("hash")) or f"{n:06d}-{kind[:40]}",
        time=moment(document.get("created_at")) or 0.0,
        level="error" if "error" in said else "warn" if "warning" in said else "info",
        text=text,
        step=count(document.get("step")),
    )


def _step(step: int, metrics: Mapping[str, float], time: float, usual: float) -> Event:
    kind = "train" if "train_loss" in metrics else "eval"
    said = ", ".join(f"{name}={value:.4g}" for name, value in metrics.items())
    return Event(
        id=f"step-{step:09d}-{kind}",
        time=time or usual,
        level="info",
        text=f"Step {step}: {said}",
        step=step,
        metrics=metrics,
    )


def _for_training(document: Mapping[str, Any]) -> bool:
    return document.get("purpose") in (None, "fine-tune") and bool(text_of(document.get("id")))


def _file(document: Mapping[str, Any]) -> RemoteFile:
    name = text_of(document.get("id"))
    if name is None:
        raise RemoteError("the provider's answer names no file", "is the url right?")
    status = str(document.get("processing_status") or "COMPLETED")
    report = document.get("validation_report")
    said = str(report.get("error") or "") if isinstance(report, Mapping) else ""
    return RemoteFile(
        id=name,
        name=str(document.get("filename") or ""),
        size=count(document.get("bytes")),
        created=moment(document.get("created_at")) or 0.0,
        ready=status == "COMPLETED",
        fault=(said or f"its check ended as {status}") if status in _FILE_FAULTS else None,
    )
