# SPDX-License-Identifier: Apache-2.0
"""Objects of OpenAI's fine-tuning API as ours; nothing in them is trusted to be there.

https://developers.openai.com/api/reference/resources/fine_tuning (openai-python 3.52.0, read
2026-11-21); Azure's `/openai/v1` has the same objects with other words for states.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

from evalkit.core.errors import RemoteError
from evalkit.jobs.job import Checkpoint, Event, Job, JobError, RemoteFile
from evalkit.jobs.words import count, instant, is_known, metrics_in, state_of, step_in, text_of

__all__ = ["METHODS", "checkpoint_in", "event_in", "file_in", "job_in"]

METHODS: Mapping[str, str] = MappingProxyType(
    {"sft": "supervised", "preference": "dpo", "rft": "reinforcement", "completion": "supervised"}
)
_OURS = {"supervised": "sft", "dpo": "preference", "reinforcement": "rft"}
_LEVELS: Mapping[str, Literal["info", "warn", "error"]] = MappingProxyType(
    {"info": "info", "warn": "warn", "warning": "warn", "error": "error"}
)
_NOT_YET = frozenset({"uploaded", "uploading", "pending", "running", "notrunning", "processing"})
_NEVER = frozenset({"error", "failed", "deleted", "deleting"})


def file_in(document: Mapping[str, Any]) -> RemoteFile:
    """A file."""
    status = str(document.get("status") or "").lower()
    why = text_of(document.get("status_details")) or f"its status is {status}"
    return RemoteFile(
        id=_id(document, "file"),
        name=str(document.get("filename") or ""),
        size=count(document.get("bytes")),
        created=instant(document.get("created_at")) or 0.0,
        ready=status not in _NOT_YET and status not in _NEVER,
        fault=why if status in _NEVER else None,
    )


def job_in(document: Mapping[str, Any], target: str) -> Job:
    """A job."""
    said = str(document.get("status") or "")
    finished = instant(document.get("finished_at"))
    error = _error(document.get("error"))
    tuned = text_of(document.get("fine_tuned_model"))
    ended = finished is not None or error is not None
    method, hyperparameters = _method(document)
    files = document.get("result_files")
    metadata = document.get("metadata")
    seed = document.get("seed")
    return Job(
        id=_id(document, "job"),
        target=target,
        model=str(document.get("model") or ""),
        state=state_of(said, ended=ended, tuned=tuned is not None and error is None),
        said=said,
        known=is_known(said),
        method=method,
        created=instant(document.get("created_at")),
        finished=finished,
        estimated_finish=instant(document.get("estimated_finish")),
        training_file=text_of(document.get("training_file")),
        validation_file=text_of(document.get("validation_file")),
        result_files=tuple(filter(None, map(_file_id, files if isinstance(files, list) else ()))),
        tuned_model=tuned,
        trained_tokens=count(document.get("trained_tokens")),
        hyperparameters=hyperparameters,
        suffix=text_of(document.get("user_provided_suffix")) or text_of(document.get("suffix")),
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
        metadata=_texts(metadata),
        error=error,
        document=document,
    )


def event_in(document: Mapping[str, Any]) -> Event:
    """An event."""
    text = str(document.get("message") or "")
    data = document.get("data")
    step, metrics = step_in(text)
    if isinstance(data, Mapping):
        metrics = metrics_in(data) or metrics
        step = count(_whole(data.get("step"))) if "step" in data else step
    time = instant(document.get("created_at")) or 0.0
    return Event(
        id=text_of(document.get("id")) or f"{time:g}-{text[:80]}",
        time=time,
        level=_LEVELS.get(str(document.get("level") or "").lower(), "info"),
        text=text,
        step=step,
        metrics=metrics,
    )


def checkpoint_in(document: Mapping[str, Any]) -> Checkpoint | None:
    """A checkpoint; None where it cannot be asked."""
    model = text_of(document.get("fine_tuned_model_checkpoint"))
    if model is None:
        return None
    return Checkpoint(
        id=_id(document, "checkpoint"),
        step=count(_whole(document.get("step_number"))) or 0,
        model=model,
        created=instant(document.get("created_at")),
        metrics=metrics_in(document.get("metrics")),
    )


def _id(document: Mapping[str, Any], what: str) -> str:
    found = text_of(document.get("id"))
    if found is None:
        raise RemoteError(f"the provider's answer names no {what}", "is the url right?")
    return found


def _method(document: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """Ours for it, and the hyperparameters; jobs of before 2025 have these beside the method."""
    beside = document.get("hyperparameters")
    hyperparameters = dict(beside) if isinstance(beside, Mapping) else {}
    method = document.get("method")
    if not isinstance(method, Mapping):
        return None, hyperparameters
    kind = str(method.get("type") or "")
    inner = method.get(kind)
    if isinstance(inner, Mapping) and isinstance(inner.get("hyperparameters"), Mapping):
        # What was used stands beside the method once the job has run, what was asked inside it.
        used = {k: v for k, v in hyperparameters.items() if v not in (None, "auto")}
        hyperparameters = {**inner["hyperparameters"], **used}
    return _OURS.get(kind), hyperparameters


def _error(document: Any) -> JobError | None:
    """The error; jobs that did not fail have one without words, or none."""
    if not isinstance(document, Mapping):
        return None
    code, message = document.get("code"), document.get("message")
    if not (code or message):
        return None
    return JobError(
        code=str(code or ""), message=str(message or ""), param=text_of(document.get("param"))
    )


def _file_id(value: Any) -> str | None:
    """Old jobs name their result files as objects."""
    return text_of(value.get("id")) if isinstance(value, Mapping) else text_of(value)


def _texts(value: Any) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(name): str(text) for name, text in value.items() if text is not None}


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
