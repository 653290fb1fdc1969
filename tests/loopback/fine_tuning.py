# SPDX-License-Identifier: Apache-2.0
"""Fine-tuning jobs: checked, queued, replayed or really trained, and served afterwards.

Objects and paths as OpenAI's published description of 2026-08-21 has them; words of events as in
published logs (for example those of ftjob-ahpUgjDiaBkaf4q6HFPshqsG and
ftjob-j6mDj7MYs1O9bp3D1oPw3rIk); words of failures: `_training_checks`. Under /openai/ it speaks as
Azure does: other words for states, no metadata (Microsoft Learn, REST of 2024-10-21). "paused" is
a state that the description has actions for and no word.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._training import ENDED, Run, Trainings, look, moved
from ._training_checks import checked
from ._training_metrics import AS_EVENT, billed, results_csv, rows_of
from .app import Call, Refused, Route, now
from .files import File, files_of, paged
from .schemas import complaints

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["ROUTES", "FineTuning", "fine_tuning_of"]

_STATUS = {"validating": "validating_files"}
_AZURE = {"validating": "pending", "queued": "pending", "cancelled": "canceled"}
_KEPT = 3  # checkpoints, of the last epochs
_METHODS = ("supervised", "dpo", "reinforcement")
_SECONDS_PER_STEP = 2  # that the estimate of the end goes by
_CLOSED = (
    "OpenAI is winding down the fine-tuning platform and your organization is no longer able to "
    "create new fine-tuning training jobs."
)


@dataclass
class FineTuning(Trainings):
    """All jobs, and how they go.

    Attributes:
        it: The server.
        encoded: Whether the results file is base64, as it is today; False = plain, as it was.
        closed: Whether new jobs are refused with 403 `training_not_available`.
        takes: Whether a model can be tuned.
    """

    it: Any = None
    encoded: bool = True
    closed: bool = False
    takes: Callable[[str], bool] = lambda _model: True

    @property
    def uploads(self) -> list[File]:
        """Files that were sent to be trained on, by any way, in order; deleted ones too."""
        return [file for file in files_of(self.it).uploaded if file.purpose == "fine-tune"]


def fine_tuning_of(it: Loopback) -> FineTuning:
    """The state of this API."""
    if "fine_tuning" not in it.state:
        made = FineTuning(it=it)
        made.tell = lambda run, what: _tell(it, run, what)
        made.check = _fault
        it.state["fine_tuning"] = made
    return it.state["fine_tuning"]


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine_tuning/jobs."""
    body = call.body if isinstance(call.body, dict) else {}
    for name in ("model", "training_file"):
        if not isinstance(body.get(name), str):
            raise Refused(400, f"Missing required parameter: '{name}'.", param=name)
    all_ = fine_tuning_of(it)
    if all_.closed:
        raise Refused(403, _CLOSED, "training_not_available")
    if not all_.takes(body["model"]):
        said = f"Model {body['model']} is not available for fine-tuning or does not exist."
        raise Refused(400, said, "model_not_available")
    pairs = (body.get("metadata") or {}).items()
    if len(pairs) > 16 or any(len(k) > 64 or len(v) > 512 for k, v in pairs):
        raise Refused(400, "Invalid metadata: 16 pairs of 64 and 512 characters", param="metadata")
    with it.lock:
        train = _file(it, body, "training_file")
        validation = _file(it, body, "validation_file") if body.get("validation_file") else None
        run = _run(it, call, body, train, validation)
        all_.begin(run)
        return _shown(it, call, run)


def listed(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine_tuning/jobs?after&limit&metadata[...], newest first."""
    wanted = {
        name[len("metadata[") : -1]: value
        for name, value in call.query.items()
        if name.startswith("metadata[")
    }
    if wanted and _azure(call):
        raise Refused(400, "Unknown parameter: 'metadata'.", param="metadata")
    with it.lock:
        runs = [
            run
            for run in reversed(fine_tuning_of(it).jobs.values())
            if wanted.items() <= (run.order.get("metadata") or {}).items()
        ]
        shown = [_shown(it, call, run) for run in runs]
    page = paged(shown, call, most=100, usual=20)
    return {k: page[k] for k in ("object", "data", "has_more")}


def retrieve(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine_tuning/jobs/ID; looking at it takes it on."""
    with it.lock:
        return _shown(it, call, look(fine_tuning_of(it), _run_of(it, call)))


def events(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine_tuning/jobs/ID/events?after&limit, newest first; its first page is a look."""
    with it.lock:
        run = _run_of(it, call)
        if "after" not in call.query:
            look(fine_tuning_of(it), run)
        shown = [
            {
                "object": "fine_tuning.job.event",
                "id": note.id,
                "created_at": note.time,
                "level": note.level,
                "message": note.text,
                "type": "message" if note.step is None else "metrics",
                "data": dict(note.data or {}),
            }
            for note in reversed(run.notes)
        ]
    page = paged(shown, call, most=100, usual=20)
    return {k: page[k] for k in ("object", "data", "has_more")}


def checkpoints(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /fine_tuning/jobs/ID/checkpoints?after&limit, newest first."""
    with it.lock:
        shown = _checkpoints(_run_of(it, call))
    page = paged(shown, call, most=100, usual=10)
    return {**page, "first_id": page["first_id"] or None, "last_id": page["last_id"] or None}


def cancel(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine_tuning/jobs/ID/cancel."""
    with it.lock:
        run = _run_of(it, call)
        if run.phase in ENDED:
            raise Refused(400, f"Job has already completed: {run.id}")
        moved(fine_tuning_of(it), run, "cancelled")
        return _shown(it, call, run)


def pause(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine_tuning/jobs/ID/pause."""
    with it.lock:
        run = _run_of(it, call)
        if run.phase != "running":
            raise Refused(400, f"Job is not running: {run.id}")
        moved(fine_tuning_of(it), run, "paused")
        return _shown(it, call, run)


def resume(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /fine_tuning/jobs/ID/resume."""
    with it.lock:
        run = _run_of(it, call)
        if run.phase != "paused":
            raise Refused(400, f"Job is not paused: {run.id}")
        moved(fine_tuning_of(it), run, "running")
        return _shown(it, call, run)


_JOB = "/fine_tuning/jobs/(?P<job>[^/]+)"
ROUTES = (
    Route("POST", "/fine_tuning/jobs", create, "CreateFineTuningJobRequest"),
    Route("GET", "/fine_tuning/jobs", listed),
    Route("GET", _JOB, retrieve),
    Route("GET", f"{_JOB}/events", events, None, "ListFineTuningJobEventsResponse"),
    Route("GET", f"{_JOB}/checkpoints", checkpoints, None, "ListFineTuningJobCheckpointsResponse"),
    Route("POST", f"{_JOB}/cancel", cancel),
    Route("POST", f"{_JOB}/pause", pause),
    Route("POST", f"{_JOB}/resume", resume),
)


def _run(
    it: Loopback, call: Call, body: dict[str, Any], train: File, validation: File | None
) -> Run:
    all_ = fine_tuning_of(it)
    method = (body.get("method") or {}).get("type", "supervised")
    given = dict(body.get("hyperparameters") or {})
    given |= ((body.get("method") or {}).get(method) or {}).get("hyperparameters") or {}
    examples = sum(1 for _ in rows_of(train.content)) or 1
    epochs = given.get("n_epochs", "auto")
    epochs = _auto_epochs(examples) if epochs == "auto" else int(epochs)
    batch = given.get("batch_size", "auto")
    batch = max(1, examples // 500) if batch == "auto" else int(batch)
    steps = min(-(-examples // batch) * epochs, 1000)
    rows = all_.rows_for(steps, epochs, validated=validation is not None)
    name = f"ftjob-{len(all_.jobs) + 1:06d}"
    held = validation.content if validation else None
    run = Run(name, body, call.key, train.content, held, method, epochs, batch, rows)
    run.more["given"] = given
    return run


def _auto_epochs(examples: int) -> int:
    """OpenAI's rule, as its cookbook has it and six finished jobs agree."""
    if examples * 3 < 100:
        return min(25, 100 // examples)
    return max(1, 25_000 // examples) if examples * 3 > 25_000 else 3


def _fault(run: Run) -> Any:
    fault = checked(run.train, run.order["training_file"], run.method)
    if fault is None and run.validation is not None:
        file = run.order["validation_file"]
        fault = checked(run.validation, file, run.method, which="validation")
    return fault


def _shown(it: Loopback, call: Call, run: Run) -> dict[str, Any]:
    """A job as the API shows it; held against the schema here, in OpenAI's words for states."""
    order = run.order
    # Chosen by the provider once the files are read; "auto" until then.
    given = run.more["given"]
    if run.started is not None:
        chosen = {"learning_rate_multiplier": 1.8, **given}
        used = {**chosen, "n_epochs": run.epochs, "batch_size": run.batch}
    else:
        auto = dict.fromkeys(("n_epochs", "batch_size", "learning_rate_multiplier"), "auto")
        used = {**auto, **given}
    method: dict[str, Any] = {"type": run.method}
    method[run.method] = {**((order.get("method") or {}).get(run.method) or {})}
    method[run.method]["hyperparameters"] = used
    left = (run.steps - run.told) * _SECONDS_PER_STEP
    whole = {
        "object": "fine_tuning.job",
        "id": run.id,
        "model": order["model"],
        "created_at": run.created,
        "finished_at": run.finished,
        "fine_tuned_model": run.tuned,
        "organization_id": "org-loopback",
        "result_files": list(run.files),
        "status": _STATUS.get(run.phase, run.phase),
        "validation_file": order.get("validation_file"),
        "training_file": order["training_file"],
        "hyperparameters": {
            k: used[k] for k in ("n_epochs", "batch_size", "learning_rate_multiplier")
        },
        "trained_tokens": run.tokens,
        "error": run.failure._asdict() if run.failure else None,
        "user_provided_suffix": order.get("suffix"),
        "seed": order.get("seed") if order.get("seed") is not None else 683058546,
        "estimated_finish": now() + left if run.phase == "running" else None,
        "integrations": order.get("integrations") or [],
        "method": method,
        "metadata": order.get("metadata"),
    }
    if it.validate:
        known = {**whole, "status": "running"} if run.phase == "paused" else whole
        it.complain(complaints("FineTuningJob", known))
    if _azure(call):
        del whole["metadata"]
        whole["status"] = _AZURE.get(run.phase, run.phase)
    return whole


def _azure(call: Call) -> bool:
    return call.path.startswith("/openai/")


def _tell(it: Loopback, run: Run, what: str) -> None:
    """Events, in the words of published logs."""
    if what == "created":
        run.note(f"Created fine-tuning job: {run.id}")
        also = run.order.get("validation_file")
        also = f" and validation file: {also}" if also else ""
        run.note(f"Validating training file: {run.order['training_file']}{also}")
    elif what == "queued":
        run.note("Files validated, moving job to queued state")
    elif what == "running" and not any(n.text == "Fine-tuning job started" for n in run.notes):
        run.note("Fine-tuning job started")
    elif what == "row":
        _step(run)
    elif what == "succeeded":
        _succeed(it, run)
    elif what == "failed" and run.failure is not None:
        run.note(run.failure.message, level="error")
    elif what in ("cancelled", "paused"):
        run.note(f"The job has been {what}")  # no log of one is published


def _step(run: Run) -> None:
    row = run.rows[run.told - 1]
    step, last = int(row["step"]), max(run.steps, run.told)
    said = [
        f"{words}={row[name]:.2f}"
        for words, names in (
            ("training loss", ("train_loss", "training_loss")),
            ("validation loss", ("valid_loss", "validation_loss")),
            ("full validation loss", ("full_valid_loss",)),
        )
        for name in names
        if name in row
    ]
    data = {AS_EVENT.get(k, k): v for k, v in row.items() if k != "step"}
    data = {"step": step, "total_steps": last, **data}
    run.note(f"Step {step}/{last}: {', '.join(said)}", step=step, data=data)


def _succeed(it: Loopback, run: Run) -> None:
    suffix = run.order.get("suffix") or ""
    run.tuned = f"ft:{run.order['model']}:org:{suffix}:{run.id.removeprefix('ftjob-')}"
    run.tokens = billed(run.train, run.order["model"]) * run.epochs
    text = results_csv(run.rows).encode()
    if fine_tuning_of(it).encoded:
        text = base64.b64encode(text)
    file = files_of(it).add("step_metrics.csv", "fine-tune-results", text)
    run.files.append(file.id)
    for shown in reversed(_checkpoints(run)[1:]):
        name = shown["fine_tuned_model_checkpoint"]
        run.note(f"Checkpoint created at step {shown['step_number']}")
        _serve(it, run, name)
    _serve(it, run, run.tuned)
    run.note(f"New fine-tuned model created: {run.tuned}")
    run.note("The job has successfully completed")


def _serve(it: Loopback, run: Run, name: str) -> None:
    it.models.append(name)
    if run.answers is not None:
        it.answers[name] = run.answers


def _checkpoints(run: Run) -> list[dict[str, Any]]:
    """Of the last epochs' ends, newest first; the last one is the tuned model itself."""
    if run.tuned is None or not run.rows:
        return []
    ends = sorted({round(len(run.rows) * n / run.epochs) for n in range(1, run.epochs + 1)} - {0})
    shown = []
    for place in ends[-_KEPT:]:
        row = run.rows[place - 1]
        step = int(row["step"])
        name = run.tuned if place == len(run.rows) else f"{run.tuned}:ckpt-step-{step}"
        shown.append(
            {
                "object": "fine_tuning.job.checkpoint",
                "id": f"ftckpt_{run.id.removeprefix('ftjob-')}_{step}",
                "created_at": run.finished or run.created,
                "fine_tuned_model_checkpoint": name,
                "step_number": step,
                "metrics": {AS_EVENT.get(k, k): v for k, v in row.items()},
                "fine_tuning_job_id": run.id,
            }
        )
    return shown[::-1]


def _file(it: Loopback, body: dict[str, Any], name: str) -> File:
    file = files_of(it).held.get(str(body[name]))
    if file is None or file.purpose != "fine-tune":
        raise Refused(400, f"invalid {name}: {body[name]}", f"invalid_{name}", param=name)
    return file


def _run_of(it: Loopback, call: Call) -> Run:
    run = fine_tuning_of(it).jobs.get(call.found["job"])
    if run is None:
        said = f"Could not find fine tune: {call.found['job']}"
        raise Refused(404, said, "fine_tune_not_found", param="fine_tune_id")
    return run
