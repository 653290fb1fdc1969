# SPDX-License-Identifier: Apache-2.0
"""Together's files and fine-tunes, below /together/v1.

Paths, fields and words of states after the client together 3.1.1 (PyPI, read 2026-11-21) and
https://docs.together.ai/reference/post-fine-tunes, /upload-file, /get-fine-tunes-id-metrics; texts
of events as its fine-tuning guide shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ._training import ENDED, Run, Trainings, look, moved
from ._training_checks import checked
from ._training_metrics import billed, rows_of
from .app import Answer, Call, Refused, Route, now
from .files import File, form

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["PROVIDER", "ROUTES", "Together", "together_of"]

PROVIDER = "together"
_STATUS = {"validating": "pending", "succeeded": "completed"}
# Of a request, by the client's `FinetuneRequest`.
_KNOWN = {
    "training_file", "validation_file", "packing", "model", "n_epochs", "learning_rate",
    "lr_scheduler", "warmup_ratio", "max_grad_norm", "weight_decay", "n_checkpoints", "n_evals",
    "max_seq_length", "batch_size", "gradient_accumulation_steps", "suffix", "wandb_key",
    "wandb_base_url", "wandb_project_name", "wandb_name", "wandb_entity", "random_seed",
    "training_type", "training_method", "from_checkpoint", "from_hf_model", "train_on_inputs",
}  # fmt: skip
_METHODS = {"sft": "supervised", "dpo": "dpo"}


@dataclass
class Together(Trainings):
    """Its jobs and files.

    Attributes:
        it: The server.
        files: By id, with how often each was looked at.
        uploaded: In the order in which they came.
        settling: Looks at a file until it has been validated.
    """

    it: Any = None
    files: dict[str, tuple[File, list[int]]] = field(default_factory=dict)
    uploaded: list[File] = field(default_factory=list)
    settling: int = 1


def together_of(it: Loopback) -> Together:
    """The state of this API."""
    if "together" not in it.state:
        made = Together(it=it)
        made.tell = lambda run, what: _tell(it, run, what)
        it.state["together"] = made
    return it.state["together"]


def upload(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /files/upload, as multipart/form-data."""
    fields, _, content = form(call)
    if content is None or "file_name" not in fields or fields.get("purpose") != "fine-tune":
        raise Refused(400, "purpose, file_name and file are required")
    with it.lock:
        all_ = together_of(it)
        name = f"file-{len(all_.uploaded) + 1:06d}"
        file = File(name, fields["file_name"], "fine-tune", content, now())
        all_.files[name] = (file, [0])
        all_.uploaded.append(file)
        return _shown_file(all_, file, [0])


def files(it: Loopback, _call: Call) -> dict[str, Any]:
    """GET /files: all of them, oldest first."""
    with it.lock:
        all_ = together_of(it)
        return {"data": [_shown_file(all_, *held) for held in all_.files.values()]}


def file(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /files/ID; looking at it takes its validation on."""
    with it.lock:
        all_ = together_of(it)
        held, looks = _held(all_, call)
        looks[0] += 1
        return _shown_file(all_, held, looks)


def content(it: Loopback, call: Call) -> Answer:
    """GET /files/ID/content."""
    held, _ = _held(together_of(it), call)
    return Answer(held.content, type="application/octet-stream")


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine-tunes."""
    body = call.body if isinstance(call.body, dict) else {}
    if unknown := body.keys() - _KNOWN:
        it.complain([f"together: unknown field {name}" for name in sorted(unknown)])
        raise Refused(400, f"unknown field {min(unknown)}")
    for name in ("model", "training_file"):
        if not isinstance(body.get(name), str):
            raise Refused(400, f"{name} is required", "invalid_request", param=name)
    if len(body.get("suffix") or "") > 40:
        raise Refused(400, "suffix is longer than 40", "invalid_request", param="suffix")
    with it.lock:
        all_ = together_of(it)
        train = _named(all_, body["training_file"])
        validation = _named(all_, body["validation_file"]) if body.get("validation_file") else None
        method = (body.get("training_method") or {"method": "sft"}).get("method")
        if method not in _METHODS:
            raise Refused(400, "training_method must be sft or dpo", "invalid_request")
        epochs = int(body.get("n_epochs") or 1)
        steps = max(1, sum(1 for _ in rows_of(train.content)) * epochs // 4)
        held = validation.content if validation and body.get("n_evals") else None
        run = Run(
            f"ft-{len(all_.jobs) + 1:06d}",
            body,
            call.key,
            train.content,
            held,
            _METHODS[method],
            epochs,
            4,
            all_.rows_for(steps, epochs, validated=held is not None),
        )
        all_.begin(run)
        return _shown(run)


def listed(it: Loopback, _call: Call) -> dict[str, Any]:
    """GET /fine-tunes: all of them, oldest first, without events."""
    with it.lock:
        return {"data": [_shown(run) for run in together_of(it).jobs.values()]}


def retrieve(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine-tunes/ID; looking at it takes it on."""
    with it.lock:
        run = _run_of(it, call)
        if run.more.get("cancel") and run.phase not in ENDED:
            moved(together_of(it), run, "cancelled")
        look(together_of(it), run)
        return {**_shown(run), "events": _events(run)}


def cancel(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine-tunes/ID/cancel: it is asked for, and done later."""
    with it.lock:
        run = _run_of(it, call)
        if run.phase in ENDED:
            raise Refused(400, "the job has ended", "invalid_request")
        run.more["cancel"] = True
        run.note("Cancel requested", data={}, level="cancel_requested")
        return _shown(run)


def events(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine-tunes/ID/events."""
    with it.lock:
        return {"data": _events(_run_of(it, call))}


def metrics(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine-tunes/ID/metrics?global_step_from: training and evaluation rows apart."""
    least = int(call.query.get("global_step_from", 0))
    with it.lock:
        run = _run_of(it, call)
        rows: list[dict[str, Any]] = []
        for row in run.rows[: run.told]:
            step = int(row["step"])
            if step < least:
                continue
            place = {"timestamp": run.created, "train/global_step": step}
            if "train_loss" in row:
                rows.append({**place, "train/loss": row["train_loss"], "train/epoch": 0.5})
            if "valid_loss" in row:
                rows.append({**place, "eval/loss": row["valid_loss"]})
        return {"metrics": rows}


def checkpoints(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine-tunes/ID/checkpoints."""
    with it.lock:
        run = _run_of(it, call)
        if run.tuned is None:
            return {"data": []}
        return {
            "data": [
                {
                    "checkpoint_type": f"Final (step {run.steps})",
                    "created_at": _iso(run.finished),
                    "path": f"s3://bucket/{run.id}/{run.steps}",
                    "step": run.steps,
                    "object_name": run.tuned,
                }
            ]
        }


_JOB = "/fine-tunes/(?P<job>[^/]+)"
ROUTES = (
    Route("POST", "/files/upload", upload),
    Route("GET", "/files", files),
    Route("GET", "/files/(?P<file>[^/]+)", file),
    Route("GET", "/files/(?P<file>[^/]+)/content", content),
    Route("POST", "/fine-tunes", create),
    Route("GET", "/fine-tunes", listed),
    Route("GET", _JOB, retrieve),
    Route("POST", f"{_JOB}/cancel", cancel),
    Route("GET", f"{_JOB}/events", events),
    Route("GET", f"{_JOB}/metrics", metrics),
    Route("GET", f"{_JOB}/checkpoints", checkpoints),
)


def _shown(run: Run) -> dict[str, Any]:
    order = run.order
    status = _STATUS.get(run.phase, run.phase)
    if run.phase == "failed":
        bad_file = run.failure is not None and run.failure.code.startswith("invalid")
        status = "user_error" if bad_file else "error"
    elif run.more.get("cancel") and run.phase not in ENDED:
        status = "cancel_requested"
    method = {"method": "sft", "train_on_inputs": "auto"}
    return {
        "id": run.id,
        "status": status,
        "created_at": _iso(run.created),
        "updated_at": _iso(run.finished or run.started or run.created),
        "started_at": _iso(run.started),
        "user_id": "user-1",
        "model": order["model"],
        "model_output_name": run.tuned or _name(run),
        "training_file": order["training_file"],
        "validation_file": order.get("validation_file") or "",
        "n_epochs": run.epochs,
        "n_evals": order.get("n_evals", 0),
        "batch_size": order.get("batch_size", "max"),
        "learning_rate": order.get("learning_rate", 0.00001),
        "random_seed": order.get("random_seed"),
        "suffix": order.get("suffix"),
        "training_method": order.get("training_method") or method,
        "training_type": {"type": "Lora", "lora_r": 8, "lora_alpha": 16},
        "token_count": run.tokens or 0,
        "total_price": 0,
        "progress": {"estimate_available": run.phase == "running", "seconds_remaining": 60},
    }


def _name(run: Run) -> str:
    base = run.order["model"].rpartition("/")[2]
    suffix = run.order.get("suffix")
    return f"acme/{base}-{suffix}-{run.id[-4:]}" if suffix else f"acme/{base}-{run.id[-4:]}"


def _tell(it: Loopback, run: Run, what: str) -> None:
    all_ = together_of(it)
    if what == "created":
        run.note("Fine tune request created", level="job_pending")
    elif what == "running" and run.told == 0:
        run.note(f"Job started at {_iso(run.started)}", level="job_start")
        run.note(f"Training started for model {run.order['model']}", level="training_start")
    elif what == "row":
        step = int(run.rows[run.told - 1]["step"])
        if run.told * run.epochs % len(run.rows) == 0:
            run.note(f"Epoch completed, at step {step}", level="epoch_complete", step=step)
    elif what == "failed" and run.failure is not None:
        run.note(run.failure.message, level="job_error")
    elif what == "cancelled":
        run.note("Job stopped", level="job_stopped")
    elif what == "succeeded":
        run.tuned = _name(run)
        run.tokens = billed(run.train, run.order["model"]) * run.epochs
        if run.answers is not None:
            it.answers[run.tuned] = run.answers
        run.note("Uploading output model", level="model_uploading")
        run.note(f"Job finished at {_iso(run.finished)}", level="job_complete")
    all_.jobs[run.id] = run


def _events(run: Run) -> list[dict[str, Any]]:
    """Notes: their level is the event's type here."""
    return [
        {
            "object": "fine-tune-event",
            "created_at": _iso(note.time),
            "level": "error" if note.level == "job_error" else "info",
            "message": note.text,
            "type": note.level,
            "step": note.step,
        }
        for note in run.notes
    ]


def _shown_file(all_: Together, file: File, looks: list[int]) -> dict[str, Any]:
    done = looks[0] >= all_.settling
    fault = checked(file.content, file.id, "supervised") if done else None
    broken = fault is not None and "json" in fault.message.lower()  # all that its client checks
    shown: dict[str, Any] = {
        "id": file.id,
        "object": "file",
        "bytes": len(file.content),
        "created_at": file.created,
        "filename": file.name,
        "FileType": "jsonl",
        "purpose": "fine-tune",
        "processing_status": "INVALID_FORMAT" if broken else "COMPLETED" if done else "PENDING",
    }
    if done:
        shown["validation_report"] = {"valid": not broken}
        if broken and fault is not None:
            shown["validation_report"]["error"] = fault.message
    return shown


def _iso(time: int | None) -> str | None:
    return None if time is None else datetime.fromtimestamp(time, UTC).isoformat()


def _held(all_: Together, call: Call) -> tuple[File, list[int]]:
    held = all_.files.get(call.found["file"])
    if held is None:
        raise Refused(404, f"file not found: {call.found['file']}", "not_found")
    return held


def _named(all_: Together, name: str) -> File:
    if name not in all_.files:
        raise Refused(400, f"file not found: {name}", "invalid_request")
    return all_.files[name][0]


def _run_of(it: Loopback, call: Call) -> Run:
    run = together_of(it).jobs.get(call.found["job"])
    if run is None:
        raise Refused(404, f"job not found: {call.found['job']}", "not_found")
    return run
