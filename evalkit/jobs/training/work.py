# SPDX-License-Identifier: Apache-2.0
"""Carries out the job of a folder: from the rows to the adapter, with events as hosted jobs have.

Each step ends whole: the trainer may be killed at any moment and goes on from what it kept last.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from evalkit.core.printable import excerpt
from evalkit.jobs.training.adapter import tried
from evalkit.jobs.training.alive import holding
from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.fit import Step, opened
from evalkit.jobs.training.folder import Folder, Kept, State, Wish
from evalkit.jobs.training.rows import Part, Talk, read_talks
from evalkit.jobs.training.settings import Settings, settled

__all__ = ["KEPT_CHECKPOINTS", "Opens", "Training", "carry_out"]

KEPT_CHECKPOINTS = 3
_SAVE_EVERY = 60.0  # seconds of work that a kill may cost
_TELL_EVERY = 2.0  # seconds between two looks at how far it is
_UNEXPECTED = 300  # letters of an error that nobody foresaw


class Training(Protocol):
    """What `fit.Session` is, as far as it is used here."""

    done: int
    steps: int
    trained_tokens: int
    notes: tuple[str, ...]

    def run(self) -> Iterator[Step]:
        """Take steps."""

    def measured(self) -> dict[str, float]:
        """On all validation rows."""

    def write_adapter(self, path: Path) -> None:
        """As it stands."""

    def save(self, path: Path) -> None:
        """To go on from."""

    def restore(self, path: Path) -> None:
        """Go on."""


class Opens(Protocol):
    """What opens a training: `fit.opened`, or a stand-in in tests."""

    def __call__(
        self,
        weights: Path,
        training: Sequence[Talk],
        validation: Sequence[Talk],
        settings: Settings,
    ) -> Training:
        """Load the model, lay out the rows."""


@dataclass(slots=True)
class _Told:
    """What the outside knows of a training that runs."""

    folder: Folder
    training: Training
    rows: list[dict[str, float]] = field(default_factory=list)
    shown: float = 0.0
    saved: float = field(default_factory=time.monotonic)
    began: float = field(default_factory=time.monotonic)
    first: int = 0

    def step(self, step: Step, metrics: Mapping[str, float]) -> None:
        self.rows.append({"step": step.number, **metrics})
        total = self.training.steps
        words = f"Step {step.number}/{total}: training loss={metrics['train_loss']:.2f}"
        for name, label in (("valid_loss", "validation"), ("full_valid_loss", "full validation")):
            if name in metrics:
                words += f", {label} loss={metrics[name]:.2f}"
        self.folder.say(words, step=step.number, metrics=metrics)
        now = time.monotonic()
        if now - self.shown >= _TELL_EVERY:
            self.shown = now
            each = (now - self.began) / (step.number - self.first)
            self.folder.change(
                step=step.number,
                estimated_finish=time.time() + each * (total - step.number),
            )
            self.folder.write_metrics(self.rows)

    def save(self) -> None:
        self.folder.write_metrics(self.rows)
        self.training.save(self.folder.resume)
        self.folder.change(step=self.training.done)
        self.saved = time.monotonic()


def carry_out(
    folder: Folder,
    *,
    opens: Opens = opened,
    check: Callable[[Path, Path], None] = tried,
    stopping: Callable[[], bool] = lambda: False,
) -> State | None:
    """Take the order of a folder if nobody else has, train, and end with a state of the folder.

    Args:
        folder: With an order, or of a job that stopped.
        opens: What trains.
        check: Tries the adapter (first) with the weights.
        stopping: Whether the process is to end: the training is kept, as if it were paused.

    Returns:
        The state at the end; None = somebody else works on it, or it has ended long ago.

    Raises:
        InputError: The folder cannot be read or written.
    """
    with holding(folder.path) as mine:
        if not mine:
            return None
        resumed = folder.exists
        if resumed and folder.state().status in ("succeeded", "cancelled"):
            return None
        try:
            return _carried_out(folder, resumed, opens, check, stopping)
        except TrainingError as error:
            return _failed(folder, error)
        except MemoryError:
            return _failed(folder, TrainingError("out_of_memory", "there is not enough memory"))
        except Exception as error:  # whatever the libraries raise: the job has to say so
            why = getattr(error, "message", "") or f"{type(error).__name__}: {error}"
            _failed(folder, TrainingError("internal_error", excerpt(why, _UNEXPECTED)))
            raise


def _carried_out(
    folder: Folder,
    resumed: bool,
    opens: Opens,
    check: Callable[[Path, Path], None],
    stopping: Callable[[], bool],
) -> State:
    order = folder.order("job.json" if resumed else "draft.json")
    _begin(folder, order, resumed=resumed)
    files = {part: _file(folder, order, part) for part in ("training", "validation")}
    training_file, held = files["training"], files["validation"]
    assert training_file is not None  # noqa: S101 - every order has one
    talks = read_talks(training_file)
    others = read_talks(held, "validation") if held is not None else []
    settings = settled(
        len(talks),
        order["hyperparameters"],
        seed=order.get("seed"),
        model=order["model"],
        machine=order.get("machine"),
    )
    used = settings.hyperparameters
    if not resumed:
        folder.say("Files validated, moving job to queued state")
    folder.change(status="running", hyperparameters=used)
    folder.say("Fine-tuning job resumed" if resumed else "Fine-tuning job started")
    if stopped := _stopped(folder, None, stopping):
        return stopped
    weights = _weights(order)
    training = opens(weights, talks, others, settings)
    for note in training.notes:
        folder.say(note, level="warn")
    told = _Told(folder, training)
    if folder.resume.is_file():
        training.restore(folder.resume)
        told.rows = [row for row in folder.rows() if row["step"] <= training.done]
        told.first = training.done
        folder.say(f"Going on after step {training.done}", step=training.done)
    folder.change(step=training.done, steps=training.steps)
    for step in training.run():
        metrics = dict(step.metrics)
        if step.ends_epoch:
            metrics |= training.measured()
        told.step(step, metrics)
        if step.ends_epoch and step.number < training.steps:
            _checkpoint(folder, training, step, metrics)
        if step.ends_epoch or time.monotonic() - told.saved >= _SAVE_EVERY:
            told.save()
        if step.number < training.steps and (stopped := _stopped(folder, told, stopping)):
            return stopped
    return _finish(folder, training, told, weights, check)


def _begin(folder: Folder, order: Mapping[str, Any], *, resumed: bool) -> None:
    folder.tell(None)
    if resumed:
        starts = folder.state().starts + 1
        folder.change(
            status="validating", starts=starts, pid=os.getpid(), finished=None, error=None
        )
        return
    folder.write_state(State(status="validating", started=time.time(), pid=os.getpid()))
    folder.say(f"Created fine-tuning job: {folder.id}")
    folder.say(f"Validating training file: {order['training_file']}")
    if order.get("validation_file"):
        folder.say(f"Validating validation file: {order['validation_file']}")
    folder.take()


def _file(folder: Folder, order: Mapping[str, Any], part: Part) -> Path | None:
    name = order.get(f"{part}_file")
    return None if name is None else folder.path.parent / "files" / f"{name}.jsonl"


def _weights(order: Mapping[str, Any]) -> Path:
    """The model's file, which is the one that was there when the job was ordered.

    Raises:
        TrainingError: It is another, or none.
    """
    path, wanted = Path(order["weights"]["path"]), order["weights"]["sha256"]
    try:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise TrainingError(
            "invalid_model", f"the model's file cannot be read: {error.strerror}", "model"
        ) from error
    if found != wanted:
        raise TrainingError(
            "invalid_model", "the model's file is not the one that the job was ordered for", "model"
        )
    return path


def _stopped(folder: Folder, told: _Told | None, stopping: Callable[[], bool]) -> State | None:
    """What the user wants between two steps, done; None = go on."""
    wish: Wish | None = folder.wish()
    if wish is None and stopping():
        wish = "pause"
    if wish is None:
        return None
    if told is not None:
        told.save()
    folder.tell(None)
    if wish == "cancel":
        folder.say("Fine-tuning job cancelled")
        return folder.change(status="cancelled", finished=time.time(), estimated_finish=None)
    folder.say("Fine-tuning job paused")
    return folder.change(status="paused", estimated_finish=None)


def _checkpoint(
    folder: Folder, training: Training, step: Step, metrics: Mapping[str, float]
) -> None:
    file = f"checkpoints/step-{step.number}.gguf"
    training.write_adapter(folder.path / file)
    state = folder.state()
    made = Kept(step=step.number, file=file, created=time.time(), metrics=metrics)
    known = [*(one for one in state.checkpoints if one.step != step.number), made]
    folder.change(checkpoints=tuple(known[-KEPT_CHECKPOINTS:]))
    for old in known[:-KEPT_CHECKPOINTS]:
        (folder.path / old.file).unlink(missing_ok=True)
    folder.say(f"Checkpoint created at step {step.number}", step=step.number)


def _finish(
    folder: Folder,
    training: Training,
    told: _Told,
    weights: Path,
    check: Callable[[Path, Path], None],
) -> State:
    folder.write_metrics(told.rows)
    training.write_adapter(folder.adapter)
    try:
        check(folder.adapter, weights)
    except TrainingError:
        folder.adapter.unlink(missing_ok=True)
        raise
    folder.resume.unlink(missing_ok=True)
    folder.say("New fine-tuned model created")
    folder.say("The job has successfully completed")
    metrics = told.rows[-1] if told.rows else {}
    last = Kept(
        step=training.steps,
        file=folder.adapter.name,
        created=time.time(),
        metrics={name: value for name, value in metrics.items() if name != "step"},
    )
    state = folder.state()
    earlier = [one for one in state.checkpoints if one.step != last.step]
    state = replace(
        state,
        status="succeeded",
        finished=time.time(),
        step=training.steps,
        estimated_finish=None,
        trained_tokens=training.trained_tokens,
        checkpoints=(*earlier, last)[-KEPT_CHECKPOINTS:],
    )
    folder.write_state(state)
    return state


def _failed(folder: Folder, error: TrainingError) -> State:
    folder.say(f"Fine-tuning job failed: {error.message}", level="error")
    return folder.change(
        status="failed",
        finished=time.time(),
        estimated_finish=None,
        error={"code": error.code, "message": error.message, "param": error.param},
    )
