# SPDX-License-Identifier: Apache-2.0
"""A training from bytes to bytes, in this process: no folder, no job."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.jobs.training.adapter import tried
from evalkit.jobs.training.fit import opened
from evalkit.jobs.training.folder import metrics_csv
from evalkit.jobs.training.needs import check
from evalkit.jobs.training.rows import read_talks
from evalkit.jobs.training.settings import machine_settings, settled

__all__ = ["Trained", "train_bytes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What came of a training.

    Attributes:
        adapter: A GGUF file for `local:smollm2+FILE.gguf`.
        metrics: The results file, CSV.
        rows: The same, one mapping a step.
        trained_tokens: Of all epochs.
        hyperparameters: As used.
    """

    adapter: bytes
    metrics: str
    rows: tuple[Mapping[str, float], ...]
    trained_tokens: int
    hyperparameters: Mapping[str, int | float]


def train_bytes(
    train: bytes,
    validation: bytes | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    *,
    seed: int | None = None,
    model: str = "smollm2",
    report: Callable[[Mapping[str, float]], object] = lambda _row: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Trained | None:
    """Train on rows in memory; the same input gives the same bytes on the CPU.

    Args:
        train: A file of chat rows.
        validation: Likewise.
        hyperparameters: n_epochs, batch_size, learning_rate_multiplier, layers, rank; "auto" or
            left out = by the rules of `targets/local.toml`.
        seed: Of the order of rows and of the first weights.
        model: To be tuned.
        report: Told each step's row, by the columns of the results file.
        stopping: Asked after each step; true ends the training without a result.

    Returns:
        The adapter and how it came about; None where it was stopped.

    Raises:
        TrainingError: The rows cannot be learned, or the training failed.
        MissingExtraError: torch or another package is not installed.
        MissingWeightsError: The model is not on this machine.
        UsageError: Another model, or a hyperparameter that cannot be.
    """
    weights = check(model)
    with tempfile.TemporaryDirectory(prefix="evalkit-") as name:
        folder = Path(name)
        (folder / "train.jsonl").write_bytes(train)
        talks = read_talks(folder / "train.jsonl")
        held = []
        if validation is not None:
            (folder / "valid.jsonl").write_bytes(validation)
            held = read_talks(folder / "valid.jsonl", "validation")
        settings = settled(
            len(talks),
            hyperparameters or {},
            seed=seed,
            model=model,
            machine=machine_settings(),
        )
        training = opened(weights, talks, held, settings)
        rows: list[Mapping[str, float]] = []
        for step in training.run():
            row = {"step": step.number, **step.metrics}
            if step.ends_epoch:
                row |= training.measured()
            rows.append(row)
            report(row)
            if stopping():
                return None
        adapter = folder / "adapter.gguf"
        training.write_adapter(adapter)
        tried(adapter, weights)
        return Trained(
            adapter=adapter.read_bytes(),
            metrics=metrics_csv(rows),
            rows=tuple(rows),
            trained_tokens=training.trained_tokens,
            hyperparameters=settings.hyperparameters,
        )
