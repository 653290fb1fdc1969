# SPDX-License-Identifier: Apache-2.0
"""A folder's job as every provider's is told; one whose trainer is gone has failed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from evalkit.jobs.job import ENDED, Job, JobError
from evalkit.jobs.training.alive import alive
from evalkit.jobs.training.folder import Folder, State
from evalkit.jobs.training.settings import TARGET

__all__ = ["RESULT", "job_of", "served"]

RESULT = "result-"  # and the job's id: the id of its results file
_WISHED: Mapping[str | None, str] = {"cancel": "cancelling", "pause": "pausing"}


def job_of(folder: Folder) -> Job:
    """The job as it stands.

    Raises:
        InputError: Its folder cannot be read.
    """
    order = folder.order()
    state, gone = _as_it_stands(folder)
    done = state.status == "succeeded" and folder.adapter.is_file()
    return Job(
        id=folder.id,
        target=TARGET,
        model=order["model"],
        state="failed" if gone else state.status,
        said="trainer gone" if gone else _WISHED.get(folder.wish(), state.status),
        method=order["method"],
        created=order["created"],
        finished=_last_sign(folder) if gone else state.finished,
        estimated_finish=None if gone else state.estimated_finish,
        training_file=order["training_file"],
        validation_file=order["validation_file"],
        result_files=(f"{RESULT}{folder.id}",) if folder.metrics.is_file() else (),
        tuned_model=served(order["model"], folder.adapter) if done else None,
        trained_tokens=state.trained_tokens,
        hyperparameters=state.hyperparameters or order["hyperparameters"],
        suffix=order["suffix"],
        seed=order["seed"],
        metadata=order["metadata"],
        error=_gone(folder, state) if gone else _error(state),
        document={"order": order, "state": asdict(state)},
    )


def served(model: str, adapter: Path) -> str:
    """What `evalkit run` takes, from the folder where one is."""
    try:
        path = Path(os.path.relpath(adapter))
    except ValueError:  # on another drive
        path = adapter.absolute()
    return f"local:{model}+{path.as_posix()}"


def _as_it_stands(folder: Folder) -> tuple[State, bool]:
    """The state, and whether its trainer is gone without having said so."""
    state = folder.state()
    if _settled(state) or alive(folder.path):
        return state, False
    state = folder.state()  # it may have come to its end between the two looks
    return state, not _settled(state)


def _settled(state: State) -> bool:
    """Whether no trainer need be there."""
    return state.status in ENDED or state.status == "paused"


def _error(state: State) -> JobError | None:
    if state.error is None:
        return None
    told = state.error
    return JobError(code=str(told["code"]), message=str(told["message"]), param=told.get("param"))


def _gone(folder: Folder, state: State) -> JobError:
    at = f"after step {state.step} of {state.steps}" if state.steps else "before its first step"
    return JobError(
        code="trainer_gone",
        message=f"its trainer (process {state.pid}) is gone without a word, {at}: killed, or the "
        f"machine went down; `evalkit job resume {folder.id}` goes on from what was kept",
    )


def _last_sign(folder: Folder) -> float | None:
    events = list(folder.events())
    return float(events[-1]["time"]) if events else None
