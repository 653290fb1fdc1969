# SPDX-License-Identifier: Apache-2.0
"""The folder of a local job: who writes what in it, and how it is read.

```
draft.json      the order, before its trainer has taken it
job.json        the order: the job exists since then; never changed
state.json      how far it is; whoever holds the lock writes it
control.json    what the user wants of the trainer: cancel or pause
events.jsonl    what happened, a line each
metrics.csv     a line each step
resume.pt       weights and optimiser, to go on from
checkpoints/    adapters of the last epochs: step-45.gguf
adapter.gguf    the tuned model, once it is there
trainer.log     what the trainer's process printed
```
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from evalkit.core.atomic import write_text
from evalkit.core.errors import InputError
from evalkit.core.printable import printable

__all__ = ["COLUMNS", "Folder", "Kept", "State", "Status", "Wish", "metrics_csv"]

Status = Literal["validating", "running", "paused", "succeeded", "failed", "cancelled"]
Wish = Literal["cancel", "pause"]
COLUMNS = (
    "step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy",
    "full_valid_loss", "full_valid_mean_token_accuracy",
)  # fmt: skip
_ALWAYS = COLUMNS[:5]
_SCHEMA = 1
_PLACES = 6
_TRIES = 20
_MOMENT = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A checkpoint.

    Attributes:
        step: After which it was taken.
        file: In the job's folder.
        created: Unix time.
        metrics: As measured then.
    """

    step: int
    file: str
    created: float
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a job is.

    Attributes:
        status: What it does, or how it ended.
        started: Unix time of the first start.
        finished: Unix time of the end.
        starts: How often a trainer began.
        pid: Of the trainer, for whoever wants to look at it.
        step: Last one taken.
        steps: In all, once known.
        estimated_finish: Unix time.
        trained_tokens: Once it has succeeded.
        hyperparameters: As used, once known.
        error: "code", "message" and "param" of a failure.
        checkpoints: The last epochs'.
    """

    status: Status
    started: float
    finished: float | None = None
    starts: int = 1
    pid: int | None = None
    step: int = 0
    steps: int | None = None
    estimated_finish: float | None = None
    trained_tokens: int | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str | None] | None = None
    checkpoints: tuple[Kept, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """A job's folder.

    Attributes:
        path: Of it.
    """

    path: Path

    @property
    def id(self) -> str:
        """Of the job."""
        return self.path.name

    @property
    def adapter(self) -> Path:
        """The tuned model, once it is there."""
        return self.path / "adapter.gguf"

    @property
    def metrics(self) -> Path:
        """The results file."""
        return self.path / "metrics.csv"

    @property
    def resume(self) -> Path:
        """What a training goes on from."""
        return self.path / "resume.pt"

    @property
    def log(self) -> Path:
        """What the trainer printed."""
        return self.path / "trainer.log"

    @property
    def exists(self) -> bool:
        """Whether its trainer has taken the order."""
        return (self.path / "job.json").is_file()

    def draft(self, order: Mapping[str, Any]) -> None:
        """Lay the order down for a trainer; there is no job yet."""
        _write(self.path / "draft.json", {"schema": _SCHEMA, **order})

    def take(self) -> None:
        """The trainer, which holds the lock, takes the order: from here on there is a job."""
        draft = self.path / "draft.json"
        if not self.exists:
            draft.replace(self.path / "job.json")
        draft.unlink(missing_ok=True)

    def order(self, name: str = "job.json") -> dict[str, Any]:
        """What is to be trained.

        Raises:
            InputError: It cannot be read.
        """
        return _read(self.path / name)

    def state(self) -> State:
        """How far it is.

        Raises:
            InputError: It cannot be read.
        """
        path = self.path / "state.json"
        told = _read(path)
        known = {one.name for one in fields(State)}
        values = {name: value for name, value in told.items() if name in known}
        try:
            values["checkpoints"] = tuple(Kept(**one) for one in values.get("checkpoints", ()))
            return State(**values)
        except TypeError as error:
            raise _unreadable(path, str(error)) from error

    def write_state(self, state: State) -> None:
        """Replace it."""
        _write(self.path / "state.json", {"schema": _SCHEMA, **asdict(state)})

    def change(self, **values: Any) -> State:
        """Replace some of it; the state then."""
        state = replace(self.state(), **values)
        self.write_state(state)
        return state

    def wish(self) -> Wish | None:
        """What the user wants of the trainer; None = that it goes on."""
        try:
            wanted = json.loads((self.path / "control.json").read_text("utf-8"))["want"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return wanted if wanted in ("cancel", "pause") else None

    def tell(self, wish: Wish | None) -> None:
        """Let the trainer know between two steps; None takes an earlier wish back."""
        path = self.path / "control.json"
        if wish is None:
            path.unlink(missing_ok=True)
        else:
            _write(path, {"want": wish})

    def say(
        self,
        text: str,
        *,
        level: str = "info",
        step: int | None = None,
        metrics: Mapping[str, float] | None = None,
    ) -> None:
        """One more event; whole, even after a writer that was killed in the middle of its line."""
        with (self.path / "events.jsonl").open("a+b") as stream:
            size = stream.seek(0, os.SEEK_END)
            torn = b""
            if size:
                stream.seek(-1, os.SEEK_END)
                torn = b"" if stream.read(1) == b"\n" else b"\n"
            event = {
                "id": f"{self.id}-event-{size:09}",  # its place: grows, and is never given twice
                "time": time.time(),
                "level": level,
                "text": text,
                **({"step": step} if step is not None else {}),
                **({"metrics": dict(metrics)} if metrics else {}),
            }
            stream.write(torn + json.dumps(event, ensure_ascii=False).encode() + b"\n")

    def events(self) -> Iterator[dict[str, Any]]:
        """Oldest first; a line that is not whole is left out."""
        try:
            lines = (self.path / "events.jsonl").read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines[:-1]:
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and {"id", "time", "text"} <= event.keys():
                yield event

    def write_metrics(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Replace the results file."""
        _put(self.metrics, metrics_csv(rows))

    def rows(self) -> list[dict[str, float]]:
        """The results file as it stands; empty where there is none."""
        try:
            names, *lines = self.metrics.read_text("utf-8").splitlines()
        except (FileNotFoundError, ValueError):
            return []
        cells = (zip(names.split(","), line.split(","), strict=True) for line in lines)
        return [{name: float(cell) for name, cell in row if cell} for row in cells]


def metrics_csv(rows: Sequence[Mapping[str, float]]) -> str:
    """The results file of OpenAI's jobs today: five columns, two more where epochs were measured.

    Args:
        rows: One mapping a step; what was not measured is an empty cell.
    """
    used = [name for name in COLUMNS if name in _ALWAYS or any(name in row for row in rows)]
    lines = [",".join(used)]
    lines += [",".join(_cell(row.get(name)) for name in used) for row in rows]
    return "\n".join(lines) + "\n"


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return str(int(value)) if value == int(value) else f"{value:.{_PLACES}g}"


def _write(path: Path, document: Mapping[str, Any]) -> None:
    _put(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def _put(path: Path, text: str) -> None:
    """Replace a file; on Windows whoever reads it is in the way for a moment."""
    for left in reversed(range(_TRIES if os.name == "nt" else 1)):
        try:
            write_text(path, text)
        except InputError:
            if not left:
                raise
            time.sleep(_MOMENT)
        else:
            return


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, why) from error
    if not isinstance(document, dict):
        raise _unreadable(path, "it holds no object")
    return document


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(
        f"cannot read {printable(str(path))}: {printable(why)}",
        "a job's folder is written by evalkit alone; delete the folder to forget the job",
    )
