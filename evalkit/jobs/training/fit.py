# SPDX-License-Identifier: Apache-2.0
"""The training itself: steps over batches, measures, and a state that goes on where it stopped."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from evalkit.core.atomic import atomic
from evalkit.jobs.training.adapter import write_adapter
from evalkit.jobs.training.encode import Row, encoded, with_heads
from evalkit.jobs.training.faults import TrainingError
from evalkit.jobs.training.measures import Sum, loss_of
from evalkit.jobs.training.network import Network, load
from evalkit.jobs.training.packing import batches, packed, packs
from evalkit.jobs.training.rows import Part, Talk
from evalkit.jobs.training.settings import Settings
from evalkit.jobs.training.underlay import Underlay

__all__ = ["Session", "Step", "opened"]

_LOOKS = 20  # at a few validation rows, over the whole training
_WARM = 20  # the rate rises over one part in so many
_UNREADABLE = (OSError, RuntimeError, ValueError, KeyError, TypeError, EOFError)
_CLIP = 1.0  # norm of the gradient


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step that was taken.

    Attributes:
        number: From 1.
        epoch: From 1.
        ends_epoch: Whether all rows were seen once more.
        metrics: train_loss and train_accuracy; valid_loss and valid_mean_token_accuracy where a few
            validation rows were looked at.
    """

    number: int
    epoch: int
    ends_epoch: bool
    metrics: dict[str, float]


@dataclass(slots=True, kw_only=True)
class Session:
    """A training under way; made by `opened`.

    Attributes:
        settings: How it runs.
        steps: In all.
        trained_tokens: Tokens of the rows, over all epochs.
        notes: What was done to the rows, a sentence each.
        done: Steps taken.
    """

    settings: Settings
    steps: int
    trained_tokens: int
    notes: tuple[str, ...]
    done: int = 0
    _network: Network
    _rows: Sequence[Row]
    _held: Sequence[Row]
    _train: Underlay
    _valid: Underlay
    _optimizer: Any = field(repr=False)

    def run(self) -> Iterator[Step]:
        """Take the steps that are left, one at a time; the caller may stop between two."""
        size = self.settings.batch_size
        each = math.ceil(len(self._rows) / size)
        while self.done < self.steps:
            epoch = self.done // each
            order = list(batches(len(self._rows), size, seed=self.settings.seed, epoch=epoch))
            for chosen in order[self.done % each :]:
                metrics = self._step(chosen)
                self.done += 1
                metrics |= self._look()
                yield Step(
                    number=self.done,
                    epoch=epoch + 1,
                    ends_epoch=self.done % each == 0,
                    metrics=metrics,
                )

    def measured(self) -> dict[str, float]:
        """full_valid_loss and full_valid_mean_token_accuracy; empty without validation rows."""
        if not self._held:
            return {}
        return _named(self._without_learning(range(len(self._held))), "full_valid")

    def write_adapter(self, path: Path) -> None:
        """As `adapter.write_adapter`."""
        write_adapter(path, self._network)

    def save(self, path: Path) -> None:
        """Keep what is needed to go on, whole or not at all."""
        import torch

        state = {
            "done": self.done,
            "weights": {name: one.detach() for name, one in self._network.weights.items()},
            "optimizer": self._optimizer.state_dict(),
        }
        with atomic(path) as stream:
            torch.save(state, stream)

    def restore(self, path: Path) -> None:
        """Go on from what `save` kept, of the same rows and settings.

        Raises:
            TrainingError: The file is none.
        """
        import torch

        try:
            state = torch.load(path, map_location=self._network.device, weights_only=True)
            with torch.no_grad():
                for name, one in self._network.weights.items():
                    one.copy_(state["weights"][name])
            self._optimizer.load_state_dict(state["optimizer"])
            self.done = int(state["done"])
        except (*_UNREADABLE, UnpicklingError) as error:
            raise TrainingError(
                "state_not_readable", f"what the training had kept cannot be read: {path.name}"
            ) from error

    def _step(self, chosen: Sequence[int]) -> dict[str, float]:
        import torch

        weights = list(self._network.weights.values())
        learned = sum(len(self._rows[index].learned) for index in chosen)
        total = Sum()
        for part in packs(self._rows, chosen):
            pack = packed(self._rows, part, self._network.device)
            said = self._network.above(self._train.under(pack), pack)
            loss, right = loss_of(said, pack.targets, self._network.logits)
            (loss / learned).backward()
            total.add(float(loss.detach()), right, len(pack.targets))
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate(self.done + 1)
        torch.nn.utils.clip_grad_norm_(weights, _CLIP)
        self._optimizer.step()
        self._optimizer.zero_grad()
        if not math.isfinite(total.loss):
            raise TrainingError(
                "training_diverged",
                f"the loss of step {self.done + 1:,} is no number any more; "
                "try a smaller learning_rate_multiplier",
                "hyperparameters",
            )
        return {"train_loss": total.mean, "train_accuracy": total.accuracy}

    def _rate(self, step: int) -> float:
        """Of a step, from 1: up in a line, then down along half a cosine."""
        highest = self.settings.rate * self.settings.learning_rate_multiplier
        warm = max(1, self.steps // _WARM)
        return highest * min(step / warm, 0.5 * (1 + math.cos(math.pi * step / (self.steps + 1))))

    def _look(self) -> dict[str, float]:
        """Loss and accuracy on the next few validation rows, now and then."""
        every = max(1, self.steps // _LOOKS)
        if not self._held or (self.done % every and self.done != self.steps):
            return {}
        size = min(self.settings.batch_size, len(self._held))
        first = (self.done // every - 1) * size
        chosen = [(first + at) % len(self._held) for at in range(size)]
        return _named(self._without_learning(chosen), "valid")

    def _without_learning(self, chosen: Sequence[int]) -> Sum:
        import torch

        total = Sum()
        with torch.no_grad():
            for part in packs(self._held, chosen):
                pack = packed(self._held, part, self._network.device)
                said = self._network.above(self._valid.under(pack), pack)
                loss, right = loss_of(said, pack.targets, self._network.logits)
                total.add(float(loss), right, len(pack.targets))
        return total


def opened(
    weights: Path, training: Sequence[Talk], validation: Sequence[Talk], settings: Settings
) -> Session:
    """Load the model and turn the rows into tokens; some seconds, then it can run.

    Raises:
        TrainingError: The model cannot be trained here, or no row has anything to learn.
    """
    import torch

    network = load(weights, settings)
    rows, notes = _rows(training, "training", network, settings)
    held, more = _rows(validation, "validation", network, settings) if validation else ([], [])
    optimizer = torch.optim.AdamW(
        list(network.weights.values()), lr=settings.rate, weight_decay=0.0
    )
    tokens = sum(len(row.head) + len(row.own) for row in rows)
    return Session(
        settings=settings,
        steps=settings.n_epochs * math.ceil(len(rows) / settings.batch_size),
        trained_tokens=settings.n_epochs * tokens,
        notes=(*notes, *more),
        _network=network,
        _rows=rows,
        _held=held,
        _train=Underlay(network, rows),
        _valid=Underlay(network, held),
        _optimizer=optimizer,
    )


def _rows(
    talks: Sequence[Talk], part: Part, network: Network, settings: Settings
) -> tuple[list[Row], list[str]]:
    found = [encoded(talk, network.encoder, settings.max_tokens) for talk in talks]
    kept = [row for row in found if row is not None]
    if not kept:
        raise TrainingError(
            f"invalid_{part}_file",
            f"no example of the {part} file has an answer to learn within "
            f"{settings.max_tokens:,} tokens",
            f"{part}_file",
        )
    notes = []
    if dropped := len(found) - len(kept):
        notes.append(
            f"{dropped:,} of {len(found):,} examples of the {part} file have nothing to learn "
            f"within {settings.max_tokens:,} tokens and are left out"
        )
    return with_heads(kept), notes


def _named(total: Sum, kind: str) -> dict[str, float]:
    return {f"{kind}_loss": total.mean, f"{kind}_mean_token_accuracy": total.accuracy}
