# SPDX-License-Identifier: Apache-2.0
"""What a training job is, whoever runs it: order, files, state, events, checkpoints."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = [
    "ENDED",
    "KEY",
    "Checkpoint",
    "Event",
    "Job",
    "JobError",
    "Order",
    "RemoteFile",
    "State",
    "TrainingFile",
    "TunedModel",
]

State = Literal["validating", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
ENDED: frozenset[State] = frozenset({"succeeded", "failed", "cancelled"})
KEY = "evalkit_key"  # the job's metadata that says which order of ours it carries out


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingFile:
    """A file on this machine that is to be uploaded.

    Attributes:
        path: Where it lies.
        sha256: Of its bytes, as hex.
        size: Bytes.
    """

    path: Path
    sha256: str
    size: int

    @property
    def remote_name(self) -> str:
        """Its name at the provider, by which the same bytes are found again: never uploaded twice.

        The user's own name of the file is not in it: names of files tell of customers.
        """
        return f"evalkit-{self.sha256[:32]}.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be trained, on what, and how.

    Attributes:
        target: Name of the target, which is the provider's too.
        model: To be tuned, as the provider knows it.
        train: Training rows.
        validation: Validation rows.
        method: As in targets: "sft", "preference", "rft", "completion".
        hyperparameters: By the provider-neutral names n_epochs, batch_size,
            learning_rate_multiplier, beta, ...; what is not in it is left to the provider.
        grader: Of reinforcement: the provider's grader object.
        suffix: For the tuned model's name.
        seed: Of the training.
        metadata: The user's own pairs; `KEY` is added when it is sent.
        url: Base URL, where it is not the target's usual one.
    """

    target: str
    model: str
    train: TrainingFile
    validation: TrainingFile | None = None
    method: str = "sft"
    hyperparameters: Mapping[str, int | float | str] = field(default_factory=dict)
    grader: Mapping[str, Any] | None = None
    suffix: str | None = None
    seed: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None

    @property
    def key(self) -> str:
        """40 hex digits that are the same for the same order, whatever its files are called."""
        said = [
            self.target,
            self.url or "",
            self.model,
            self.train.sha256,
            self.validation.sha256 if self.validation else "",
            self.method,
            dict(self.hyperparameters),
            self.grader,
            self.suffix or "",
            self.seed,
            dict(self.metadata),
        ]
        text = json.dumps(said, sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:40]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """A file at the provider.

    Attributes:
        id: The provider's.
        name: As uploaded.
        size: Bytes; None = not said.
        created: Unix time, 0 = not said.
        ready: Whether a job can use it; providers look through an upload first.
        fault: Why it never will be, in the provider's words.
    """

    id: str
    name: str
    size: int | None = None
    created: float = 0.0
    ready: bool = True
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobError:
    """Why a job failed, in the provider's words: hostile text, print it by `core.printable`."""

    code: str
    message: str
    param: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the provider shows it; None = not said.

    Attributes:
        id: The provider's.
        target: Whose it is.
        model: That is tuned.
        state: In our words; a word of the provider's that we do not know is "running", or where
            the job has an end "succeeded" with a tuned model and "failed" without one.
        said: The provider's own word for it.
        known: Whether that is a word that we know.
        method: As in targets.
        created: Unix time.
        finished: Unix time.
        estimated_finish: Unix time.
        training_file: The provider's id of it.
        validation_file: Likewise.
        result_files: Ids of the files of metrics, once it has ended.
        tuned_model: Its name, once there is one.
        trained_tokens: Billed.
        hyperparameters: As used.
        suffix: Of the order.
        seed: Of the training.
        metadata: The user's and ours.
        error: Why it failed.
        document: All that the provider said of it, for the archive.
    """

    id: str
    target: str
    model: str
    state: State
    said: str
    known: bool = True
    method: str | None = None
    created: float | None = None
    finished: float | None = None
    estimated_finish: float | None = None
    training_file: str | None = None
    validation_file: str | None = None
    result_files: tuple[str, ...] = ()
    tuned_model: str | None = None
    trained_tokens: int | None = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    suffix: str | None = None
    seed: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    error: JobError | None = None
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        id: The provider's, or one made of time and text where it gives none.
        time: Unix time.
        level: "info", "warn" or "error".
        text: The provider's words: hostile text.
        step: Of the training, where it is about one.
        metrics: Names as in the results file (train_loss, train_accuracy, valid_loss, ...).
    """

    id: str
    time: float
    level: Literal["info", "warn", "error"]
    text: str
    step: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A state of the model on the way that can be asked.

    Attributes:
        id: The provider's.
        step: After which it was taken.
        model: Name to ask it by.
        created: Unix time.
        metrics: As of an `Event`.
    """

    id: str
    step: int
    model: str
    created: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedModel:
    """A tuned model of the account.

    Attributes:
        name: To ask it by.
        target: Whose it is.
        base: Model that was tuned, as far as known.
        job: Id of the job that made it, as far as known.
        created: Unix time.
    """

    name: str
    target: str
    base: str | None = None
    job: str | None = None
    created: float | None = None
