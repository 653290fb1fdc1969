# SPDX-License-Identifier: Apache-2.0
"""What is trained how: an order's hyperparameters as numbers, what is left open filled in."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt
from evalkit.core.registry import suggestion
from evalkit.estimation.epochs import epochs
from evalkit.jobs.services import service
from evalkit.targets.load import target_named

__all__ = ["AUTO", "TARGET", "Settings", "asked", "machine_settings", "settled"]

TARGET = "local"
AUTO = "auto"
_SEED = 7
_MAX_TOKENS = 2048
_THREADS = "EVALKIT_TRAIN_THREADS"
_DEVICE = "EVALKIT_TRAIN_DEVICE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a training runs.

    Attributes:
        n_epochs: Times that every row is seen.
        batch_size: Rows of a step.
        learning_rate_multiplier: Times `rate`.
        layers: The last so many layers of the model are adapted.
        rank: Of the adapter's matrices; its alpha is twice that.
        seed: Of the order of rows and of the adapter's first weights.
        max_tokens: A longer row loses its end.
        threads: That torch uses; one is as fast as two where something else runs too.
        device: "cpu", "cuda", ...; "auto" = a GPU where torch finds one.
        rate: Learning rate at its highest: it rises over the first twentieth of the steps and
            falls along a cosine.
    """

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float = 1.0
    layers: int = 8
    rank: int = 8
    seed: int = _SEED
    max_tokens: int = _MAX_TOKENS
    threads: int = 1
    device: str = "auto"
    rate: float = 1e-3

    @property
    def hyperparameters(self) -> dict[str, int | float]:
        """Those that an order can name."""
        return {name: value for name, value in asdict(self).items() if name in _named()}


def asked(hyperparameters: Mapping[str, Any]) -> dict[str, int | float]:
    """The hyperparameters of an order as numbers; those left to the trainer ("auto") are left out.

    Raises:
        UsageError: One that the trainer does not have, or a value that cannot be.
    """
    known = service(TARGET).hyperparameters
    found: dict[str, int | float] = {}
    for name, given in hyperparameters.items():
        if name not in known:
            raise UsageError(
                f"the local trainer has no hyperparameter `{excerpt(name)}`"
                f"{suggestion(name, list(known))}",
                f"known: {', '.join(known)}",
            )
        if given == AUTO:
            continue
        number = _number(given)
        if number is None or not known[name].allow(number):
            raise UsageError(
                f"{name}: {excerpt(str(given))} cannot be", f"give {known[name]}, or {AUTO}"
            )
        found[name] = int(number) if known[name].whole else number
    return found


def machine_settings() -> dict[str, Any]:
    """What the environment says of this machine: EVALKIT_TRAIN_THREADS, EVALKIT_TRAIN_DEVICE.

    Raises:
        UsageError: The threads are no number from 1.
    """
    found: dict[str, Any] = {}
    if threads := os.environ.get(_THREADS):
        if not threads.isdecimal() or int(threads) < 1:
            raise UsageError(f"{_THREADS}: {excerpt(threads)} cannot be", "give 1 or more")
        found["threads"] = int(threads)
    if device := os.environ.get(_DEVICE):
        found["device"] = device
    return found


def settled(
    rows: int,
    hyperparameters: Mapping[str, Any],
    *,
    seed: int | None = None,
    model: str = "smollm2",
    machine: Mapping[str, Any] | None = None,
) -> Settings:
    """Everything that a training needs to know, by the rules of `targets/local.toml`.

    Args:
        rows: Of the training file, 1 or more.
        hyperparameters: As ordered.
        seed: As ordered.
        model: To be tuned, for the length of its rows.
        machine: As `machine_settings`.

    Raises:
        UsageError: As `asked`.
    """
    target = target_named(TARGET)
    given = asked(hyperparameters)
    rules = target.training
    wanted = given.get("n_epochs")
    number = epochs(rows, rules.epochs, None if wanted is None else int(wanted)).number
    batch = rules.batch.default if rules.batch else None
    card = target.models.get(model) or next(iter(target.models.values()))
    return Settings(
        **{
            "batch_size": batch or 1,
            "max_tokens": card.training_limit or _MAX_TOKENS,
            **given,
            "n_epochs": number,
            "seed": _SEED if seed is None else seed,
            **(machine or {}),
        }
    )


def _named() -> frozenset[str]:
    return frozenset(service(TARGET).hyperparameters)


def _number(given: Any) -> int | float | None:
    """A number, as such or as a text; None where it is none."""
    if isinstance(given, bool):
        return None
    try:
        number = float(given)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
