# SPDX-License-Identifier: Apache-2.0
"""Fireworks' accounts, data sets and training jobs, below /fireworks/v1.

Paths, fields and words of states after the client fireworks-ai 1.2.30 (PyPI, read 2026-11-21) and
https://docs.fireworks.ai/fine-tuning/fine-tuning-via-api. Ids are chosen by the client: a second
object of the same id is refused with 409. Metrics lie at a signed address as lines of JSON, with
`train/loss` and its like, as published files have them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ._fireworks_datasets import DATASET_ROUTES
from ._fireworks_state import (
    ACCOUNT_PATH,
    PROVIDER,
    Dataset,
    Fireworks,
    fireworks_of,
    iso,
    page,
    valid,
)
from ._training import ENDED, Failure, Run, look, moved
from ._training_metrics import billed, rows_of
from .app import Answer, Call, Refused, Route

if TYPE_CHECKING:
    from .server import Loopback

__all__ = ["PROVIDER", "ROUTES", "Fireworks", "fault_of", "fireworks_of", "told"]

LEAST = 3
_STATES = {
    "validating": "JOB_STATE_VALIDATING",
    "queued": "JOB_STATE_PENDING",
    "running": "JOB_STATE_RUNNING",
    "paused": "JOB_STATE_PAUSED",
    "succeeded": "JOB_STATE_COMPLETED",
    "failed": "JOB_STATE_FAILED",
    "cancelled": "JOB_STATE_CANCELLED",
}
_TRAINING = {
    "baseModel", "batchSize", "batchSizeSamples", "epochs", "gradientAccumulationSteps",
    "jinjaTemplate", "learningRate", "learningRateWarmupSteps", "loraRank", "maxContextLength",
    "optimizerWeightDecay", "outputModel", "region", "samplerCheckpointSaveIntervalSteps",
    "warmStartFrom",
}  # fmt: skip
_KNOWN = {
    "supervisedFineTuningJobs": _TRAINING | {
        "dataset", "displayName", "earlyStop", "evalAutoCarveout", "evaluationDataset", "isTurbo",
        "nodes", "wandbConfig",
    },
    "dpoJobs": {"dataset", "displayName", "lossConfig", "trainingConfig", "wandbConfig"},
}  # fmt: skip


def accounts(it: Loopback, _call: Call) -> dict[str, Any]:
    """GET /accounts."""
    found = fireworks_of(it).accounts
    return {"accounts": [{"name": f"accounts/{one}", "state": "READY"} for one in found]}


def create(it: Loopback, call: Call) -> dict[str, Any]:
    """POST /accounts/A/supervisedFineTuningJobs or dpoJobs, the id in the query."""
    body = call.body if isinstance(call.body, dict) else {}
    kind = call.found["kind"]
    config = body.get("trainingConfig") or {} if kind == "dpoJobs" else body
    unknown = body.keys() - _KNOWN[kind]
    unknown |= config.keys() - _TRAINING if kind == "dpoJobs" else set()
    if unknown:
        it.complain([f"fireworks: unknown field {name}" for name in sorted(unknown)])
        raise Refused(400, f"unknown field {min(unknown)}", "INVALID_ARGUMENT")
    with it.lock:
        all_ = fireworks_of(it)
        field_name = "dpoJobId" if kind == "dpoJobs" else "supervisedFineTuningJobId"
        name = call.query.get(field_name) or f"job-{len(all_.jobs) + 1:06d}"
        valid(name)
        if name in all_.jobs:
            raise Refused(409, f"job {name} already exists", "ALREADY_EXISTS")
        train = _named(it, body.get("dataset"))
        tested = _named(it, body["evaluationDataset"]) if body.get("evaluationDataset") else None
        epochs = int(config.get("epochs") or 1)
        batch = int(config.get("batchSizeSamples") or 4)
        steps = max(1, sum(1 for _ in rows_of(train.content)) * epochs // batch)
        run = Run(
            name,
            body,
            call.key,
            train.content,
            tested.content if tested else None,
            "dpo" if kind == "dpoJobs" else "supervised",
            epochs,
            batch,
            all_.rows_for(steps, epochs, validated=tested is not None),
        )
        run.more |= {"kind": kind, "config": config, "account": call.found["account"]}
        all_.begin(run)
        return _shown(it, run)


def listed(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /accounts/A/supervisedFineTuningJobs or dpoJobs?pageSize&pageToken, by name."""
    kind = call.found["kind"]
    with it.lock:
        found = [run for run in fireworks_of(it).jobs.values() if run.more["kind"] == kind]
        found.sort(key=lambda run: run.id)
        return page(call, kind, [_shown(it, run) for run in found])


def retrieve(it: Loopback, call: Call) -> dict[str, Any]:
    """GET of a job; looking at it takes it on."""
    with it.lock:
        run = _run_of(it, call)
        if run.more.get("cancel") and run.phase not in ENDED:
            moved(fireworks_of(it), run, "cancelled")
        return _shown(it, look(fireworks_of(it), run))


def cancel(it: Loopback, call: Call) -> dict[str, Any]:
    """POST JOB:cancel: it is asked for, and done later; the answer says nothing."""
    with it.lock:
        run = _run_of(it, call)
        if run.phase in ENDED:
            raise Refused(400, "the job has ended", "FAILED_PRECONDITION")
        run.more["cancel"] = True
    return {}


def resume(it: Loopback, call: Call) -> dict[str, Any]:
    """POST JOB:resume, of one that is paused."""
    with it.lock:
        run = _run_of(it, call)
        if run.phase != "paused":
            raise Refused(400, "the job is not paused", "FAILED_PRECONDITION")
        moved(fireworks_of(it), run, "running")
        return _shown(it, run)


def metrics_endpoint(it: Loopback, call: Call) -> dict[str, Any]:
    """GET dpoJobs/ID:getMetricsFileEndpoint."""
    with it.lock:
        run = _run_of(it, call)
        return {"signedUrl": _metrics_url(it, run)} if run.told else {}


def metrics(it: Loopback, call: Call) -> Answer:
    """GET of a job's metrics at a signed address: lines of JSON."""
    if call.key:
        it.complain(["fireworks: the key was sent to a signed address"])
    with it.lock:
        run = fireworks_of(it).jobs[call.found["job"]]
        lines = [_line(run, row) for row in run.rows[: run.told]]
    return Answer("".join(lines).encode(), type="application/octet-stream")


def models(it: Loopback, call: Call) -> dict[str, Any]:
    """GET /accounts/A/models?pageSize&pageToken."""
    with it.lock:
        tuned = [run for run in fireworks_of(it).jobs.values() if run.tuned]
        shown = [
            {
                "name": run.tuned,
                "kind": "HF_PEFT_ADDON",
                "state": "READY",
                "createTime": iso(run.finished),
                "fineTuningJob": _full_name(run),
                "peftDetails": {"baseModel": run.more["config"].get("baseModel"), "r": 8},
            }
            for run in tuned
        ]
    return page(call, "models", shown)


_KIND = f"{ACCOUNT_PATH}/(?P<kind>supervisedFineTuningJobs|dpoJobs)"
_JOB = f"{_KIND}/(?P<job>[^/:]+)"
ROUTES = (
    Route("GET", "/accounts", accounts),
    Route("POST", _KIND, create),
    Route("GET", _KIND, listed),
    Route("GET", _JOB, retrieve),
    Route("POST", f"{_JOB}:cancel", cancel),
    Route("POST", f"{_JOB}:resume", resume),
    Route("GET", f"{_JOB}:getMetricsFileEndpoint", metrics_endpoint),
    Route("GET", f"{ACCOUNT_PATH}/models", models),
    *DATASET_ROUTES,
    Route("GET", "/signed/metrics/(?P<job>[^/]+)/file", metrics),
)


def _shown(it: Loopback, run: Run) -> dict[str, Any]:
    order, config = run.order, run.more["config"]
    state = _STATES[run.phase]
    if run.more.get("cancel") and run.phase not in ENDED:
        state = "JOB_STATE_CANCELLING"
    status = {"code": "OK", "message": ""}
    if run.failure is not None:
        status = {"code": run.failure.code, "message": run.failure.message}
    used = {**config, "outputModel": run.tuned or config.get("outputModel", ""), "loraRank": 8}
    whole: dict[str, Any] = {
        "name": _full_name(run),
        "displayName": order.get("displayName", ""),
        "dataset": order["dataset"],
        "createTime": iso(run.created),
        "completedTime": iso(run.finished),
        "updateTime": iso(run.finished or run.started or run.created),
        "state": state,
        "status": status,
        "createdBy": "someone@acme.example",
        "jobProgress": {"percent": 100 * run.told // max(1, len(run.rows)), "epoch": 0},
    }
    if run.more["kind"] == "dpoJobs":
        return {**whole, "trainingConfig": used, "lossConfig": order.get("lossConfig")}
    whole |= {k: v for k, v in used.items() if k in _TRAINING}
    if order.get("evaluationDataset"):
        whole["evaluationDataset"] = order["evaluationDataset"]
    if run.told:
        whole["metricsFileSignedUrl"] = _metrics_url(it, run)
    return whole


def told(it: Loopback, run: Run, what: str) -> None:
    if what == "succeeded":
        name = run.more["config"].get("outputModel") or run.id
        run.tuned = f"accounts/{run.more['account']}/models/{name.rpartition('/')[2]}"
        run.tokens = billed(run.train, "") * run.epochs
        if run.answers is not None:
            it.answers[run.tuned] = run.answers


def fault_of(run: Run) -> Failure | None:
    rows = sum(1 for _ in rows_of(run.train))
    if rows < LEAST:
        return Failure("INVALID_ARGUMENT", f"the dataset has {rows} examples, at least {LEAST}")
    return None


def _line(run: Run, row: dict[str, float]) -> str:
    data = {
        "train/epoch": 0,
        "train/loss": row.get("train_loss"),
        "eval/loss": row.get("valid_loss"),
    }
    data = {name: value for name, value in data.items() if value is not None}
    return json.dumps({"timestamp": run.created, "step": int(row["step"]), "data": data}) + "\n"


def _metrics_url(it: Loopback, run: Run) -> str:
    return f"{it.url_of(PROVIDER)}/signed/metrics/{run.id}/file"


def _full_name(run: Run) -> str:
    return f"accounts/{run.more['account']}/{run.more['kind']}/{run.id}"


def _named(it: Loopback, name: Any) -> Dataset:
    held = fireworks_of(it).datasets.get(str(name or "").rpartition("/")[2])
    if held is None or not held.ready:
        raise Refused(400, f"dataset is not there or not ready: {name}", "FAILED_PRECONDITION")
    return held


def _run_of(it: Loopback, call: Call) -> Run:
    run = fireworks_of(it).jobs.get(call.found["job"])
    if run is None or run.more["kind"] != call.found["kind"]:
        raise Refused(404, f"job not found: {call.found['job']}", "NOT_FOUND")
    return run
