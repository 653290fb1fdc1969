# SPDX-License-Identifier: Apache-2.0
"""Whether an order may be sent at all: dates, rows, method, bounds, money. Nothing is sent here."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.core.errors import UsageError
from evalkit.core.finding import Severity
from evalkit.core.printable import printable
from evalkit.jobs.checks.bounds import held_to
from evalkit.jobs.checks.model import alternatives, known_target, meant, open_for
from evalkit.jobs.checks.rows import (
    estimated,
    linted,
    summary_of,
    training_file,
    within,
)
from evalkit.jobs.job import Order
from evalkit.jobs.services import service
from evalkit.jobs.words import Line
from evalkit.lint.settings import Settings
from evalkit.targets.load import target_named

if TYPE_CHECKING:
    from evalkit.estimation.outlook import Outlook

__all__ = ["Asked", "Checked", "checked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A job as a user asks for it.

    Attributes:
        train: Training rows.
        validation: Validation rows.
        target: Whose job it is to be.
        model: To be tuned.
        method: "sft", "preference", "rft", "completion"; None = told from the rows.
        hyperparameters: By their neutral names.
        grader: Of reinforcement.
        suffix: For the tuned model's name.
        seed: Of the training.
        metadata: The user's own pairs.
        url: Base URL without secrets, where it is not the target's usual one.
    """

    train: Path
    validation: Path | None = None
    target: str
    model: str
    method: str | None = None
    hyperparameters: Mapping[str, int | float | str] = field(default_factory=dict)
    grader: Mapping[str, Any] | None = None
    suffix: str | None = None
    seed: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """An order that may be sent.

    Attributes:
        order: It.
        examples: Training rows.
        warnings: Findings of lint that are warnings.
        dates: What should be known of the model's dates.
        outlook: What training takes; None = the model is not on record.
        others: Targets that take such rows too, for when this one turns out to be closed.
    """

    order: Order
    examples: int
    warnings: int = 0
    dates: tuple[Line, ...] = ()
    outlook: Outlook | None = None
    others: tuple[str, ...] = ()

    @property
    def estimate(self) -> Mapping[str, Any] | None:
        """For the record: tokens, usd, epochs, steps."""
        return None if self.outlook is None else summary_of(self.outlook)


def checked(
    asked: Asked,
    *,
    today: date,
    settings: Settings = Settings(),  # noqa: B008  (frozen)
    budget: Decimal | None = None,
    watch: Callable[[int], None] | None = None,
) -> Checked:
    """The order, if nothing stands against it.

    Args:
        asked: What is asked for.
        today: The day of the order: closed providers are refused by it.
        settings: Of the lint, as the configuration has them; target, model and method are set here.
        budget: US dollars that the training may cost at most.
        watch: Told how many rows were linted.

    Raises:
        ClosedError: The provider takes no such job any more.
        RefusedError: The rows do not pass lint, or training costs more than the budget.
        InputError: A file cannot be read.
        UsageError: A wrong model, method or bound, or a file that has to be converted first.
    """
    target = known_target(asked.target)
    model, card = meant(target, asked.model)
    file = shlex.quote(str(asked.train))
    train = training_file(asked.train)
    validation = None if asked.validation is None else training_file(asked.validation)
    if validation is not None and validation.sha256 == train.sha256:
        raise UsageError(
            f"{printable(str(asked.validation))} holds the training rows themselves: the loss on "
            "rows that are trained on says nothing",
            f"hold rows out first: evalkit split {file}",
        )
    # Dates first: rows need no look where no job is taken.
    formats, told = _first_look(asked.train)
    others = alternatives(target, formats, asked.method or told, today)
    dates: list[Line] = []
    if card is not None:
        whose = target_named(target)
        dates = open_for(card, whose, others=others, file=file, today=today)
    report, result, method = linted(
        asked.train,
        asked.validation,
        target=target,
        card=card,
        method=asked.method,
        settings=settings,
        watch=watch,
    )
    held_to(
        service(target),
        target,
        method=method,
        hyperparameters=asked.hyperparameters,
        suffix=asked.suffix,
        seed=asked.seed,
        metadata=asked.metadata,
        grader=asked.grader is not None,
        validation=validation is not None,
    )
    outlook = None
    if card is not None:
        outlook = estimated(
            asked.train,
            asked.validation,
            target=target,
            model=model,
            method=method,
            hyperparameters=asked.hyperparameters,
            today=today,
        )
    if budget is not None:
        within(outlook, budget, str(asked.train))
    order = Order(
        target=target,
        model=model,
        train=train,
        validation=validation,
        method=method,
        hyperparameters=dict(asked.hyperparameters),
        grader=asked.grader,
        suffix=asked.suffix,
        seed=asked.seed,
        metadata=dict(asked.metadata),
        url=asked.url,
    )
    return Checked(
        order=order,
        examples=report.examples,
        warnings=sum(one.severity is Severity.WARNING for one in result.findings)
        + sum(n for kind, n in result.omitted.items() if kind.severity is Severity.WARNING),
        dates=tuple(dates),
        outlook=outlook,
        others=tuple(others),
    )


def _first_look(path: Path) -> tuple[tuple[str, ...], str]:
    """The layout that the first rows have, and the method that they are for."""
    from evalkit.data.read import open_data

    layout = open_data(path).layout
    return ((), "sft") if layout is None else ((layout.name,), layout.method)
