# SPDX-License-Identifier: Apache-2.0
"""How a job goes on, whatever provider's words it is told in.

validating -> queued -> running -> succeeded, or failed after any of them, or cancelled; running
<-> paused. Time passes by looks (each request that asks how a job stands is one tick) or by the
clock. While it runs, recorded metrics are replayed, or `runner` trains on a thread of its own.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ._training_metrics import Row, curve, parsed

__all__ = ["ENDED", "Failure", "Note", "Run", "Trainings", "look", "moved"]

ENDED = ("succeeded", "failed", "cancelled")

Answers = Callable[[list[dict[str, Any]]], str | dict[str, Any]]


class Failure(NamedTuple):
    """Why a job failed."""

    code: str
    message: str
    param: str | None = None


class Note(NamedTuple):
    """One event."""

    id: str
    time: int
    level: str
    text: str
    step: int | None = None
    data: Mapping[str, float] | None = None  # of a step, by the names of events


@dataclass
class Run:
    """One job.

    Attributes:
        id: Unique on this server.
        order: The request as it came.
        key: Of its sender.
        train: Bytes of the training file.
        validation: Likewise.
        method: "supervised", "dpo", "reinforcement".
        epochs: That it takes.
        batch: Rows per step.
        rows: To be replayed; those of a real training as they come.
        phase: See above.
        told: Rows that have become events.
        notes: Events, oldest first.
        failure: Why it failed.
        tuned: Name of the tuned model, once there is one.
        tokens: Billed.
        files: Ids of result files.
        answers: What the tuned model answers; None = as any other model.
        adapter: Bytes of the trained adapter, where one was really trained.
        stop: Set when a real training must end.
        more: What a provider's file keeps of it.
    """

    id: str
    order: dict[str, Any]
    key: str
    train: bytes
    validation: bytes | None
    method: str
    epochs: int
    batch: int
    rows: list[Row]
    phase: str = "validating"
    told: int = 0
    notes: list[Note] = field(default_factory=list)
    failure: Failure | None = None
    created: int = field(default_factory=lambda: int(time.time()))
    started: int | None = None
    finished: int | None = None
    tuned: str | None = None
    tokens: int | None = None
    files: list[str] = field(default_factory=list)
    answers: Answers | None = None
    adapter: bytes | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    more: dict[str, Any] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)
    _ticks: int = 0  # in all
    _here: int = 0  # in this phase
    _trainer: threading.Thread | None = None
    _broke: str | None = None  # the trainer's last words

    @property
    def steps(self) -> int:
        """The last step's number."""
        return int(self.rows[-1]["step"]) if self.rows else 0

    def note(
        self,
        text: str,
        *,
        level: str = "info",
        step: int | None = None,
        data: Mapping[str, float] | None = None,
    ) -> None:
        """Add an event."""
        name = f"ftevent-{self.id}-{len(self.notes) + 1:06d}"
        self.notes.append(Note(name, int(time.time()), level, text, step, data))


@dataclass
class Trainings:
    """All jobs of one API, and how they go.

    Attributes:
        jobs: By id, in the order in which they came.
        creates: Bodies of the orders that were accepted.
        looks: Ticks that a job waits in "validating", and in "queued".
        ticks: Ticks that a training takes.
        seconds: A tick's length; None = each look is a tick.
        hold: A phase in which jobs stay until it is None again.
        metrics: CSV text or rows that are replayed; None = a curve of our own.
        runner: Trains really: (run, report) -> what the tuned model answers, or None; it calls
            `report` with each step's row and ends soon after `run.stop` is set. Raising fails
            the job.
        answer: What tuned models answer; None = as any other model.
        failures: With which the next jobs fail while they are validated.
        breaks: With which the next jobs fail while they run, after half of their steps.
        tell: Turns a change into events and files, in the provider's words: given "created",
            "queued", "running", "row", "paused", "resumed" or a phase of `ENDED`.
        check: What is wrong with a job's files.
    """

    jobs: dict[str, Run] = field(default_factory=dict)
    creates: list[dict[str, Any]] = field(default_factory=list)
    looks: int = 1
    ticks: int = 3
    seconds: float | None = None
    hold: str | None = None
    metrics: str | list[Row] | None = None
    runner: Callable[[Run, Callable[[Row], None]], Answers | None] | None = None
    answer: Answers | None = None
    failures: deque[Failure] = field(default_factory=deque)
    breaks: deque[Failure] = field(default_factory=deque)
    tell: Callable[[Run, str], None] = lambda _run, _what: None
    check: Callable[[Run], Failure | None] = lambda _run: None

    def begin(self, run: Run) -> Run:
        """Take a job in."""
        self.jobs[run.id] = run
        self.creates.append(run.order)
        if self.breaks:
            run.more["breaks"] = self.breaks.popleft()
        self.tell(run, "created")
        return run

    def rows_for(self, steps: int, epochs: int, *, validated: bool) -> list[Row]:
        """The metrics of a job: those that the test gave, or a curve."""
        if self.runner is not None:
            return []
        if self.metrics is None:
            return curve(steps, epochs, validated=validated)
        return parsed(self.metrics) if isinstance(self.metrics, str) else list(self.metrics)


def look(all_: Trainings, run: Run) -> Run:
    """Let the time pass that has passed; called with the server's lock held."""
    if all_.seconds is None:
        _tick(all_, run)
        return run
    due = int((time.monotonic() - run._since) / all_.seconds)
    while run._ticks < due and run.phase not in ENDED:
        _tick(all_, run)
    run._ticks = due
    return run


def moved(all_: Trainings, run: Run, phase: str) -> None:
    """Take a job to a phase."""
    run.phase = phase
    run._here = 0
    if phase == "running" and run.started is None:
        run.started = int(time.time())
    if phase in ENDED:
        run.finished = int(time.time())
        run.stop.set()
    if phase == "succeeded" and run.answers is None:
        run.answers = all_.answer
    all_.tell(run, phase)
    if phase == "running" and all_.runner is not None and run._trainer is None:
        run._trainer = threading.Thread(target=_trained, args=(all_, run), daemon=True)
        run._trainer.start()


def _tick(all_: Trainings, run: Run) -> None:
    run._ticks += 1
    if run.phase in (*ENDED, "paused", all_.hold):
        return
    run._here += 1
    if run.phase == "running":
        _run_on(all_, run)
    elif run._here > all_.looks:
        if run.phase == "validating":
            fault = all_.failures.popleft() if all_.failures else all_.check(run)
            if fault is not None:
                run.failure = fault
            moved(all_, run, "queued" if fault is None else "failed")
        else:
            moved(all_, run, "running")


def _run_on(all_: Trainings, run: Run) -> None:
    real = run._trainer is not None
    if not real and run.told >= len(run.rows):
        moved(all_, run, "succeeded")
        return
    rows = len(run.rows)
    upto = rows if real else min(rows, run.told + -(-rows // max(1, all_.ticks)))
    broken = run.more.get("breaks")
    while run.told < upto:
        if broken is not None and run.told >= rows // 2:
            run.failure = broken
            moved(all_, run, "failed")
            return
        run.told += 1
        all_.tell(run, "row")
    if run._trainer is not None and not run._trainer.is_alive() and run.told == len(run.rows):
        if run._broke is not None:
            run.failure = Failure("server_error", run._broke)
        moved(all_, run, "succeeded" if run._broke is None else "failed")


def _trained(all_: Trainings, run: Run) -> None:
    assert all_.runner is not None
    try:
        run.answers = all_.runner(run, run.rows.append)
    except Exception as error:  # noqa: BLE001  whatever a test's trainer raises ends its job, not the server
        run._broke = f"The job failed due to an internal error. ({type(error).__name__}: {error})"
