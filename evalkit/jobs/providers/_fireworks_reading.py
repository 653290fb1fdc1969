# SPDX-License-Identifier: Apache-2.0
"""Fireworks' objects as ours; nothing in them is trusted to be there.

After the client fireworks-ai 1.2.30 (PyPI, read 2026-11-21); lines of metrics as files that users
have published have them: `{"step": 1, "data": {"train/loss": 0.9}}`, or all of it in one object.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from evalkit.core.errors import RemoteError
from evalkit.jobs.job import Event, Job, JobError, RemoteFile, State, TunedModel
from evalkit.jobs.providers._neutral import METRICS_OF, MOST_STEPS, moment, neutral, number, used
from evalkit.jobs.words import text_of, unknown_state

__all__ = [
    "HYPERPARAMETERS",
    "dataset_in",
    "job_in",
    "last_part",
    "state_event",
    "step_event",
    "steps_in",
    "tuned_in",
]

_NAME = "fireworks"
# batchSize is in tokens, batchSizeSamples in rows.
HYPERPARAMETERS: Mapping[str, str] = MappingProxyType(
    {
        "n_epochs": "epochs",
        "batch_size": "batchSizeSamples",
        "learning_rate": "learningRate",
        "rank": "loraRank",
        "weight_decay": "optimizerWeightDecay",
        "beta": "beta",
    }
)
_STATES: Mapping[str, State] = MappingProxyType(
    {
        "CREATING": "queued",
        "CREATING_INPUT_DATASET": "validating",
        "VALIDATING": "validating",
        "PENDING": "queued",
        "RE_QUEUEING": "queued",
        "RUNNING": "running",
        "WRITING_RESULTS": "running",
        "IDLE": "running",
        "CANCELLING": "running",
        "PAUSED": "paused",
        "COMPLETED": "succeeded",
        "EARLY_STOPPED": "succeeded",
        "FAILED": "failed",
        "EXPIRED": "failed",
        "CANCELLED": "cancelled",
        "DELETING": "cancelled",
        "DELETING_CLEANING_UP": "cancelled",
    }
)
_METRICS = MappingProxyType(
    {
        "train/loss": "train_loss",
        "loss": "train_loss",
        "train/token_accuracy": "train_accuracy",
        "eval/loss": "valid_loss",
        "eval_loss": "valid_loss",
        "eval/token_accuracy": "valid_mean_token_accuracy",
    }
)


def last_part(name: str) -> str:
    """The id at the end of a resource's name, `accounts/A/datasets/ID`."""
    return name.rpartition("/")[2]


def job_in(document: Mapping[str, Any]) -> Job:
    """A job; one of preference keeps its configuration apart."""
    name = text_of(document.get("name"))
    if name is None:
        raise RemoteError("the provider's answer names no job", "is the url right?")
    apart = document.get("trainingConfig")
    config = apart if isinstance(apart, Mapping) else document
    said = str(document.get("state") or "").removeprefix("JOB_STATE_")
    # A word that is not known yet is an end where the job has one.
    state = _STATES.get(said) or unknown_state(ended=bool(moment(document.get("completedTime"))))
    ended = state in ("succeeded", "failed", "cancelled")
    updated = moment(document.get("updateTime"))
    trained, tested = text_of(document.get("dataset")), text_of(document.get("evaluationDataset"))
    measured = "metricsFileSignedUrl" in document or isinstance(apart, Mapping)
    return Job(
        id=last_part(name),
        target=_NAME,
        model=str(config.get("baseModel") or ""),
        state=state,
        said=str(document.get("state") or ""),
        known=said in _STATES,
        method="preference" if isinstance(apart, Mapping) else "sft",
        created=moment(document.get("createTime")),
        finished=(moment(document.get("completedTime")) or updated) if ended else None,
        training_file=last_part(trained) if trained else None,
        validation_file=last_part(tested) if tested else None,
        result_files=(f"{METRICS_OF}{last_part(name)}",) if ended and measured else (),
        tuned_model=text_of(config.get("outputModel")) if state == "succeeded" else None,
        hyperparameters=used({**config, "beta": _beta(document)}, HYPERPARAMETERS),
        error=_error(document, said) if state == "failed" else None,
        document=document,
    )


def _beta(document: Mapping[str, Any]) -> Any:
    loss = document.get("lossConfig")
    dpo = loss.get("dpo") if isinstance(loss, Mapping) else None
    return dpo.get("beta") if isinstance(dpo, Mapping) else None


def _error(document: Mapping[str, Any], said: str) -> JobError:
    code, message = _status(document)
    return JobError(code=code or said, message=message)


def _status(document: Mapping[str, Any]) -> tuple[str, str]:
    status = document.get("status")
    if not isinstance(status, Mapping):
        return "", ""
    code = str(status.get("code") or "")
    return "" if code == "OK" else code, str(status.get("message") or "")


def dataset_in(document: Mapping[str, Any]) -> RemoteFile:
    """A data set as a file; it says how many rows it has, never how many bytes."""
    name = text_of(document.get("name"))
    if name is None:
        raise RemoteError("the provider's answer names no data set", "is the url right?")
    code, message = _status(document)
    return RemoteFile(
        id=last_part(name),
        name=text_of(document.get("displayName")) or f"{last_part(name)}.jsonl",
        created=moment(document.get("createTime")) or 0.0,
        ready=document.get("state") == "READY",
        fault=(message or code) if code else None,
    )


def tuned_in(document: Mapping[str, Any]) -> TunedModel | None:
    """An adapter that was trained; None for all other models."""
    name = text_of(document.get("name"))
    details = document.get("peftDetails")
    ready = document.get("state") in (None, "READY")
    if name is None or document.get("kind") != "HF_PEFT_ADDON" or not ready:
        return None
    job = text_of(document.get("fineTuningJob"))
    return TunedModel(
        name=name,
        target=_NAME,
        base=text_of(details.get("baseModel")) if isinstance(details, Mapping) else None,
        job=last_part(job) if job else None,
        created=moment(document.get("createTime")),
    )


def steps_in(raw: bytes) -> list[tuple[int, dict[str, float], float]]:
    """Step, metrics and time of each line of a metrics file that says something."""
    found = []
    for line in raw.split(b"\n"):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(row, dict):
            continue
        inner = row.get("data")
        data = inner if isinstance(inner, dict) else row
        step, metrics = number(row.get("step")), neutral(data, _METRICS)
        if step is not None and 0 <= step <= MOST_STEPS and metrics:
            found.append((int(step), metrics, moment(row.get("timestamp")) or 0.0))
    return found


def step_event(step: int, metrics: Mapping[str, float], time: float) -> Event:
    """A step as an event."""
    kind = "train" if "train_loss" in metrics else "eval"
    said = ", ".join(f"{name}={value:.4g}" for name, value in metrics.items())
    return Event(
        id=f"step-{step:09d}-{kind}",
        time=time,
        level="info",
        text=f"Step {step}: {said}",
        step=step,
        metrics=metrics,
    )


def state_event(document: Mapping[str, Any]) -> Event:
    """The state that a job is in, as an event: it has no others."""
    said = str(document.get("state") or "JOB_STATE_UNSPECIFIED")
    _, message = _status(document)
    failed = _STATES.get(said.removeprefix("JOB_STATE_")) == "failed"
    return Event(
        id=f"state-{said[:60]}",
        time=moment(document.get("updateTime")) or moment(document.get("createTime")) or 0.0,
        level="error" if failed else "info",
        text=f"{said}: {message}" if message else said,
    )
