# SPDX-License-Identifier: Apache-2.0
"""Mistral's files and fine-tuning jobs, below /mistral/v1.

Paths, fields and words of states after the client mistralai 1.9.11 (PyPI, read 2026-11-21), one of
the last with them: https://docs.mistral.ai/resources/deprecated/finetuning calls the API
deprecated. A job has its events (newest first) and checkpoints in itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ._training import ENDED, Run, Trainings, look, moved
from ._training_checks import checked
from ._training_metrics import billed, rows_of
from .app import Answer, Call, Refused, Route, now
from .files import File, form

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["PROVIDER", "ROUTES", "Mistral", "mistral_of"]

PROVIDER = "mistral"
_STATUS = {
    "validating": "VALIDATING",
    "queued": "QUEUED",
    "running": "RUNNING",
    "succeeded": "SUCCESS",
    "failed": "FAILED",
    "cancelled": "CANCELLED",
}
_KNOWN = {
    "model", "hyperparameters", "training_files", "validation_files", "suffix", "integrations",
    "auto_start", "invalid_sample_skip_percentage", "job_type", "repositories",
    "classifier_targets",
}  # fmt: skip
_HYPERPARAMETERS = {
    "training_steps", "learning_rate", "weight_decay", "warmup_fraction", "epochs", "seq_len",
    "fim_ratio",
}  # fmt: skip


@dataclass
class Mistral(Trainings):
    """Its jobs and files.

    Attributes:
        files: By id, in the order in which they came.
    """

    files: dict[str, File] = field(default_factory=dict)


def mistral_of(it: Loopback) -> Mistral:
    """The state of this API."""
    if "mistral" not in it.state:
        made = Mistral()
        made.tell = lambda run, what: _tell(it, run, what)
        made.check = lambda run: checked(run.train, run.order["training_files"][0], "supervised")
        it.state["mistral"] = made
    return it.state["mistral"]


def upload(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /files, as multipart/form-data."""
    fields, name, raw = form(call)
    if raw is None or fields.get("purpose") != "fine-tune":
        raise Refused(422, "file and purpose are required")
    with it.lock:
        held = mistral_of(it).files
        file = File(f"00000000-0000-0000-0000-{len(held) + 1:012d}", name, "fine-tune", raw, now())
        held[file.id] = file
        return _shown_file(file)


def files(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /files?page&page_size&purpose, newest first."""
    with it.lock:
        return _page(call, [_shown_file(file) for file in mistral_of(it).files.values()][::-1])


def file(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /files/ID."""
    return _shown_file(_file(it, call.found["file"]))


def content(it: Loopback, call: Call) -> Answer:
    """GET /files/ID/content."""
    return Answer(_file(it, call.found["file"]).content, type="application/octet-stream")


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine_tuning/jobs."""
    body = call.body if isinstance(call.body, dict) else {}
    given = body.get("hyperparameters")
    if not isinstance(body.get("model"), str) or not isinstance(given, dict):
        raise Refused(422, "model and hyperparameters are required")
    unknown = (body.keys() - _KNOWN) | (given.keys() - _HYPERPARAMETERS)
    if unknown:
        it.complain([f"mistral: unknown field {name}" for name in sorted(unknown)])
        raise Refused(422, f"unknown field {min(unknown)}")
    if len(body.get("suffix") or "") > 18:
        raise Refused(422, "suffix is longer than 18")
    with it.lock:
        all_ = mistral_of(it)
        train = _file(it, body["training_files"][0]["file_id"])
        tested = [_file(it, name) for name in body.get("validation_files") or ()]
        epochs = int(given.get("epochs") or 1)
        steps = max(1, sum(1 for _ in rows_of(train.content)) * epochs // 4)
        steps = int(given.get("training_steps") or steps)
        order = {**body, "training_files": [train.id]}
        run = Run(
            f"11111111-0000-0000-0000-{len(all_.jobs) + 1:012d}",
            order,
            call.key,
            train.content,
            tested[0].content if tested else None,
            "supervised",
            epochs,
            4,
            all_.rows_for(steps, epochs, validated=bool(tested)),
        )
        all_.begin(run)
        return _shown(run)


def listed(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine_tuning/jobs?page&page_size, newest first."""
    with it.lock:
        return _page(call, [_shown(run) for run in mistral_of(it).jobs.values()][::-1])


def retrieve(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine_tuning/jobs/ID; looking at it takes it on."""
    with it.lock:
        run = _run_of(it, call)
        if run.more.get("cancel") and run.phase not in ENDED:
            moved(mistral_of(it), run, "cancelled")
        if run.phase != "validating" or run.order.get("auto_start") or run.more.get("started"):
            look(mistral_of(it), run)
        return _detailed(run)


def cancel(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine_tuning/jobs/ID/cancel: it is asked for, and done later."""
    with it.lock:
        run = _run_of(it, call)
        if run.phase in ENDED:
            raise Refused(409, "the job has ended")
        run.more["cancel"] = True
        run.note("CANCELLATION_REQUESTED")
        return _detailed(run)


def start(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine_tuning/jobs/ID/start, of one that was made with `auto_start: false`."""
    with it.lock:
        run = _run_of(it, call)
        run.more["started"] = True
        return _detailed(run)


def models(it: Loopback, _call: Call) -> dict[str, Any]:
    """GET /models."""
    with it.lock:
        tuned = [
            {
                "id": run.tuned,
                "object": "model",
                "created": run.finished,
                "owned_by": "acme",
                "root": run.order["model"],
                "job": run.id,
                "type": "fine-tuned",
                "archived": False,
                "capabilities": {},
            }
            for run in mistral_of(it).jobs.values()
            if run.tuned
        ]
    base = {"id": "open-mistral-7b", "object": "model", "created": 1, "type": "base"}
    return {"object": "list", "data": [base, *tuned]}


_JOB = "/fine_tuning/jobs/(?P<job>[^/]+)"
ROUTES = (
    Route("POST", "/files", upload),
    Route("GET", "/files", files),
    Route("GET", "/files/(?P<file>[^/]+)", file),
    Route("GET", "/files/(?P<file>[^/]+)/content", content),
    Route("POST", "/fine_tuning/jobs", create),
    Route("GET", "/fine_tuning/jobs", listed),
    Route("GET", _JOB, retrieve),
    Route("POST", f"{_JOB}/cancel", cancel),
    Route("POST", f"{_JOB}/start", start),
    Route("GET", "/models", models),
)


def _shown(run: Run) -> dict[str, Any]:
    order = run.order
    status = _STATUS[run.phase]
    if run.phase == "failed" and run.started is None:
        status = "FAILED_VALIDATION"
    elif run.more.get("cancel") and run.phase not in ENDED:
        status = "CANCELLATION_REQUESTED"
    return {
        "id": run.id,
        "object": "job",
        "job_type": "completion",
        "auto_start": bool(order.get("auto_start")),
        "model": order["model"],
        "status": status,
        "created_at": run.created,
        "modified_at": run.finished or run.started or run.created,
        "training_files": order["training_files"],
        "validation_files": order.get("validation_files") or [],
        "hyperparameters": {"learning_rate": 0.0001, **order["hyperparameters"]},
        "fine_tuned_model": run.tuned,
        "suffix": order.get("suffix"),
        "trained_tokens": run.tokens,
        "integrations": [],
        "metadata": {"expected_duration_seconds": 60, "cost": 0.0, "cost_currency": "EUR"},
    }


def _detailed(run: Run) -> dict[str, Any]:
    notes = [
        {"name": "status-updated", "created_at": n.time, "data": {"status": n.text}}
        for n in run.notes
    ]
    if run.failure is not None and notes:
        notes[-1]["data"]["error"] = run.failure.message
    points = [
        {
            "step_number": int(row["step"]),
            "created_at": run.started or run.created,
            "metrics": {
                "train_loss": row.get("train_loss"),
                "valid_loss": row.get("valid_loss"),
                "valid_mean_token_accuracy": row.get("valid_mean_token_accuracy"),
            },
        }
        for row in run.rows[: run.told]
    ]
    return {**_shown(run), "events": notes[::-1], "checkpoints": points[::-1]}


def _tell(it: Loopback, run: Run, what: str) -> None:
    if what == "created":
        run.note("QUEUED")
    elif what == "succeeded":
        suffix = run.order.get("suffix") or ""
        run.tuned = f"ft:{run.order['model']}:{suffix}:{run.id[-8:]}"
        run.tokens = billed(run.train, run.order["model"]) * run.epochs
        it.models.append(run.tuned)
        if run.answers is not None:
            it.answers[run.tuned] = run.answers
        run.note("SUCCESS")
    elif what == "failed":
        run.note("FAILED_VALIDATION" if run.started is None else "FAILED")
    elif what in ("queued", "running", "cancelled"):
        run.note({"queued": "VALIDATED"}.get(what, what.upper()))


def _shown_file(file: File) -> dict[str, Any]:
    return {
        "id": file.id,
        "object": "file",
        "bytes": len(file.content),
        "created_at": file.created,
        "filename": file.name,
        "purpose": "fine-tune",
        "sample_type": "instruct",
        "source": "upload",
        "num_lines": file.content.count(b"\n"),
    }


def _page(call: Call, rows: list[dict[str, Any]]) -> dict[str, Any]:
    page, size = int(call.query.get("page", 0)), int(call.query.get("page_size", 100))
    shown = rows[page * size : (page + 1) * size]
    return {"object": "list", "data": shown, "total": len(rows)}


def _file(it: Loopback, name: str) -> File:
    found = mistral_of(it).files.get(name)
    if found is None:
        raise Refused(404, f"no such file: {name}")
    return found


def _run_of(it: Loopback, call: Call) -> Run:
    run = mistral_of(it).jobs.get(call.found["job"])
    if run is None:
        raise Refused(404, f"no such job: {call.found['job']}")
    return run
