# SPDX-License-Identifier: Apache-2.0
"""What training the candidate cost, and after how many answers cheaper ones repay it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import ceil
from typing import TYPE_CHECKING

from evalkit.core.errors import EvalkitError
from evalkit.evaluation.training import Training

if TYPE_CHECKING:
    from evalkit.evaluation.result import Run
    from evalkit.evaluation.suite import Suite

__all__ = ["training_of"]


def training_of(suite: Suite, run: Run) -> Training | None:
    """The cost of training on the suite's training file, against what an answer saves.

    None where there is nothing to set against each other: no training file, or no price of both
    models' answers or of the training.

    Args:
        suite: Names the training file and what the candidate is made of.
        run: For its costs per 1,000 answers and its date.
    """
    cards = {card.name: card for card in run.models}
    base, ours = cards.get(run.base or ""), cards.get(run.candidate or "")
    if suite.train is None or base is None or ours is None:
        return None
    if base.cost_per_1000 is None or ours.cost_per_1000 is None or base.currency != ours.currency:
        return None
    try:
        found = _estimated(suite, ours.name, _day(run.started))
    except EvalkitError:  # `evalkit estimate` says why; a run does not end for it
        return None
    if found is None or found.currency != ours.currency:
        return None
    saved = (Decimal(base.cost_per_1000) - Decimal(ours.cost_per_1000)) / 1000
    if saved <= 0:
        return found
    return replace(found, verdict="repaid", calls=ceil(Decimal(found.cost) / saved))


def _estimated(suite: Suite, model: str, today: date) -> Training | None:
    from evalkit.data.read import open_data
    from evalkit.estimation.answer import Sources, answer
    from evalkit.estimation.question import Question
    from evalkit.models.spec import provider
    from evalkit.targets.load import base_of, model_named

    spec = suite.models[model]
    if ":" in spec.use.partition("/")[0] and not spec.is_:
        return None
    card = model_named(base_of(spec.is_ or provider(spec)[1]))
    rows = open_data(suite.folder / (suite.train or ""), table=suite.table)
    asked = Question(models=(f"{card.target}/{card.name}",))
    estimate = answer(Sources(training=[rows]), asked, today=today).outlooks[0].offer.estimate
    if estimate.cost is None:
        return None
    return Training(
        cost=estimate.cost.amount,
        currency=estimate.cost.currency,
        epochs=estimate.epochs.number,
        tokens=estimate.billed_per_epoch * estimate.epochs.number,
        as_of=estimate.cost.as_of.isoformat(),
        source=estimate.cost.source,
        verdict="never",
    )


def _day(started: str) -> date:
    try:
        return date.fromisoformat(started[:10])
    except ValueError:
        return date.min
