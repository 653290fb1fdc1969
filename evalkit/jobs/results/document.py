# SPDX-License-Identifier: Apache-2.0
"""Results of a job as JSON and as CSV, for machines."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from math import isfinite
from typing import Any

from evalkit.core.printable import printable
from evalkit.jobs.job import Job
from evalkit.jobs.results.metrics_file import Metrics
from evalkit.jobs.results.results import Results
from evalkit.jobs.watching.reasons import cause_of, lint_line

__all__ = ["as_csv", "as_document", "job_facts"]


def as_document(results: Results) -> dict[str, Any]:
    """Everything, with numbers as they are; what is not known is null."""
    metrics, sign, best = results.metrics, results.sign, results.best
    chosen, spent = results.best_checkpoint, results.spent
    document: dict[str, Any] = {
        "schema": 1,
        "source": results.source,
        "job": None if results.job is None else job_facts(results.job),
        "metrics": None,
        "overfitting": _finite(asdict(sign)),
        "best_step": None if best is None else asdict(best),
        "best_checkpoint": None
        if chosen is None
        else {
            "model": chosen.checkpoint.model,
            "step": chosen.checkpoint.step,
            "value": chosen.value,
            "by": chosen.by,
            "of": chosen.of,
        },
        "spent": {**asdict(spent), "off_by": spent.off_by},
        "columns": [_finite(asdict(one)) for one in results.columns],
        "checkpoints": [
            {"id": one.id, "step": one.step, "model": one.model, "metrics": dict(one.metrics)}
            for one in results.checkpoints
        ],
        "files": [asdict(one) for one in results.files],
    }
    if metrics is not None:
        document["metrics"] = {
            "source": metrics.source,
            "kind": metrics.kind,
            "steps": len(metrics),
            "last_step": metrics.steps[-1],
            "columns": list(metrics.columns),
            "repeated": metrics.repeated,
            "damaged": [asdict(one) for one in metrics.damaged],
            "not_numbers": list(metrics.not_numbers),
        }
    return document


def job_facts(job: Job) -> dict[str, Any]:
    """How a job stands, and why it failed."""
    error = None
    if job.error is not None:
        found = cause_of(job)
        reason = found.reason if found else None
        error = {
            "code": job.error.code,
            "message": job.error.message,
            "param": job.error.param,
            "reason": reason.name if reason else None,
            "file": found.which if found else None,
            "rules": list(reason.rules) if reason else [],
            "lint": lint_line(reason.rules, target=job.target, method=job.method) if reason else "",
        }
    return {
        "id": job.id,
        "target": job.target,
        "model": job.model,
        "state": job.state,
        "said": job.said,
        "method": job.method,
        "created": job.created,
        "finished": job.finished,
        "estimated_finish": job.estimated_finish,
        "tuned_model": job.tuned_model,
        "trained_tokens": job.trained_tokens,
        "hyperparameters": dict(job.hyperparameters),
        "error": error,
    }


def as_csv(metrics: Metrics) -> str:
    """The columns as plain CSV with LF, decoded and in order; empty where nothing was measured."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(map(_head, metrics.columns))
    for at, step in enumerate(metrics.steps):
        values = [column[at] for name, column in metrics.columns.items() if name != "step"]
        writer.writerow([step, *(_cell(value) for value in values)])
    return out.getvalue().rstrip("\n")


def _head(name: str) -> str:
    """A column's name, which a server gave: nothing that a terminal or a spreadsheet obeys."""
    shown = printable(name)
    return f"'{shown}" if shown.startswith(("=", "+", "-", "@")) else shown


def _cell(value: float) -> str:
    if value != value:  # noqa: PLR0124  NaN
        return ""
    return repr(int(value)) if isfinite(value) and value == int(value) else repr(value)


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """NaN is no JSON."""
    return {k: None if isinstance(v, float) and not isfinite(v) else v for k, v in values.items()}
