# SPDX-License-Identifier: Apache-2.0
"""What came of a training job, all of it in one value: what screens and pages are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any, Literal

from evalkit.jobs.job import Checkpoint, Event, Job
from evalkit.jobs.results.curves import (
    BestCheckpoint,
    BestStep,
    Ends,
    best_checkpoint,
    best_step,
    ends,
)
from evalkit.jobs.results.metrics_file import MEANINGS, Metrics
from evalkit.jobs.results.overfitting import Overfitting, overfitting

__all__ = ["KeptFile", "Results", "Spending", "results_of", "spending"]

_CENTS = Decimal("0.000001")
_MOST = 1e15  # of tokens, epochs and steps


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file of the job.

    Attributes:
        what: "training", "validation" or "metrics".
        name: Of the file on this machine, or "".
        id: The provider's, or "".
        sha256: Of its bytes as hex, or "" where we have not seen them.
        size: Bytes; None = not known.
    """

    what: Literal["training", "validation", "metrics"]
    name: str = ""
    id: str = ""
    sha256: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """Tokens and money, estimated and actual; None = not known.

    Attributes:
        estimated_tokens: Billed over all epochs, as reckoned before the order.
        actual_tokens: As the provider counted them.
        counted_by: The field or column that says so: "trained_tokens", "elapsed_tokens" or "".
        estimated_cost: Decimal string.
        actual_cost: Decimal string: the tokens at the price; no bill was seen.
        currency: ISO 4217.
        price_of: "estimate" (the price that the estimate was made with), or the date of the price
            on record, or "".
        estimated_epochs: As reckoned.
        actual_epochs: As the provider used them.
        estimated_steps: As reckoned.
        actual_steps: The last step in the file of metrics.
    """

    estimated_tokens: int | None = None
    actual_tokens: int | None = None
    counted_by: str = ""
    estimated_cost: str | None = None
    actual_cost: str | None = None
    currency: str = "USD"
    price_of: str = ""
    estimated_epochs: float | None = None
    actual_epochs: float | None = None
    estimated_steps: int | None = None
    actual_steps: int | None = None

    @property
    def off_by(self) -> float | None:
        """Actual over estimated tokens, minus 1; None where one of them is not known."""
        if not self.estimated_tokens or self.actual_tokens is None:
            return None
        return self.actual_tokens / self.estimated_tokens - 1

    def __bool__(self) -> bool:
        """Whether anything is known of tokens or money."""
        known = (self.estimated_tokens, self.actual_tokens, self.estimated_cost, self.actual_cost)
        return any(one is not None for one in known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """What came of a job, or of the file of metrics alone.

    Attributes:
        source: Name of the file or of the job; hostile.
        metrics: None = there is no file of metrics.
        job: None = only a file was given.
        events: Oldest first.
        checkpoints: By step.
        files: That belong to it.
        columns: How each column that holds a value began and ended, the best known first.
        sign: Of over-fitting.
        best: The step with the lowest validation loss.
        best_checkpoint: Likewise of the checkpoints.
        spent: Tokens and money.
    """

    source: str
    metrics: Metrics | None = None
    job: Job | None = None
    events: Sequence[Event] = ()
    checkpoints: Sequence[Checkpoint] = ()
    files: Sequence[KeptFile] = ()
    columns: Sequence[Ends] = ()
    sign: Overfitting = field(default_factory=lambda: Overfitting(found=None, why="no-validation"))
    best: BestStep | None = None
    best_checkpoint: BestCheckpoint | None = None
    spent: Spending = field(default_factory=Spending)


def results_of(
    source: str,
    *,
    metrics: Metrics | None = None,
    job: Job | None = None,
    estimate: Mapping[str, Any] | None = None,
    events: Sequence[Event] = (),
    checkpoints: Sequence[Checkpoint] = (),
    files: Sequence[KeptFile] = (),
    today: date | None = None,
) -> Results:
    """Everything that follows from what is known of a job.

    Args:
        source: Name of the file or of the job.
        metrics: Of its file.
        job: As the provider shows it.
        estimate: Of the order's record: tokens, usd, epochs, steps.
        events: Of the job.
        checkpoints: Of the job.
        files: Of the job.
        today: For the price on record; None = no price is looked up.
    """
    return Results(
        source=source,
        metrics=metrics,
        job=job,
        events=tuple(events),
        checkpoints=tuple(sorted(checkpoints, key=lambda one: one.step)),
        files=tuple(files),
        columns=() if metrics is None else tuple(_columns(metrics)),
        sign=Overfitting(found=None, why="no-validation")
        if metrics is None
        else overfitting(metrics),
        best=None if metrics is None else best_step(metrics),
        best_checkpoint=best_checkpoint(checkpoints, metrics),
        spent=spending(metrics, job, estimate, today=today),
    )


def _columns(metrics: Metrics) -> list[Ends]:
    """The known ones by meaning, then the others by name, without counters."""
    known = {metrics.named(meaning) for meaning in MEANINGS}
    names = [*MEANINGS, *(name for name in metrics.columns if name not in known)]
    found = [ends(metrics, name) for name in names if name != "step"]
    return [one for one in found if one is not None and not one.meaning.startswith("elapsed_")]


def spending(
    metrics: Metrics | None,
    job: Job | None,
    estimate: Mapping[str, Any] | None = None,
    *,
    today: date | None = None,
) -> Spending:
    """Tokens and money, estimated and actual.

    The actual cost is the actual tokens at the price on record, cost = tokens × price / 10⁶ and at
    least the provider's least sum of a job, where that price gives the estimate too; else at the
    estimate's own (its sum over its tokens, to a millionth). A bill may say otherwise: taxes are
    not in it.

    Args:
        metrics: A legacy file's `elapsed_tokens` counts where the job says nothing.
        job: Its `trained_tokens` counts.
        estimate: Of the order's record; what is off in it is left out.
        today: For the price on record; None = none is looked up.
    """
    said = estimate or {}
    tokens, by = _tokens(metrics, job)
    estimated, sum_ = _whole(said.get("tokens")), _sum(said.get("usd"))
    actual_cost, price_of, currency = None, "", "USD"
    if tokens is not None and job is not None and today is not None:
        actual_cost, price_of, currency = _priced(tokens, job)
    if tokens is not None and estimated and sum_ is not None:
        as_then = price_of and job is not None and _priced(estimated, job)[0] == _plain(sum_)
        if not as_then:  # another price, or none on record: that of the estimate
            each = sum_ * tokens / estimated
            actual_cost, price_of = _plain(each.quantize(_CENTS, ROUND_HALF_EVEN)), "estimate"
            currency = "USD"
    hyper = job.hyperparameters if job is not None else {}
    return Spending(
        estimated_tokens=estimated,
        actual_tokens=tokens,
        counted_by=by,
        estimated_cost=None if sum_ is None else _plain(sum_),
        actual_cost=actual_cost,
        currency=currency,
        price_of=price_of,
        estimated_epochs=_number(said.get("epochs")),
        actual_epochs=_number(hyper.get("n_epochs")),
        estimated_steps=_whole(said.get("steps")),
        actual_steps=None if metrics is None else metrics.steps[-1],
    )


def _tokens(metrics: Metrics | None, job: Job | None) -> tuple[int | None, str]:
    if job is not None and job.trained_tokens is not None:
        return job.trained_tokens, "trained_tokens"
    elapsed = () if metrics is None else metrics.series("elapsed_tokens").values
    return (int(max(elapsed)), "elapsed_tokens") if elapsed else (None, "")


def _priced(tokens: int, job: Job) -> tuple[str | None, str, str]:
    """Cost, date and currency of the price on record; nothing where there is none."""
    from evalkit.core.errors import EvalkitError
    from evalkit.estimation.cost import cost
    from evalkit.targets.load import base_of, model_named

    try:
        card = model_named(base_of(f"{job.target}/{job.model.removeprefix('openai/')}"))
    except EvalkitError:
        return None, "", "USD"
    prices = [p for p in card.trainings if p.method in (None, job.method)]
    found = cost(tokens, prices[0] if prices else None)
    if found is None:
        return None, "", "USD"
    return found.amount, found.as_of.isoformat(), found.currency


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value < _MOST else None  # NaN is neither


def _sum(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and found >= 0 else None


def _plain(amount: Decimal) -> str:
    from evalkit.estimation.cost import money

    return money(amount)
