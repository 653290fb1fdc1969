# SPDX-License-Identifier: Apache-2.0
"""Whether a model still takes jobs and answers, and who else trains on such rows; no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from evalkit.targets.card import ModelCard, Source, Target

__all__ = [
    "Closing",
    "closing",
    "is_trial",
    "still_training",
    "takes_jobs",
    "trains",
    "trains_here",
]

_State = Literal["announced", "new-customers-closed", "no-jobs", "gone"]
_TRAINS = {"completion": {"completion", "sft"}}  # others: the method itself
_DATES = ("retires", "last_training", "new_customers_until", "dormant_until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A model with an end. Each date is the first day on which something is no more.

    Attributes:
        state: "announced" (takes jobs of anyone), "new-customers-closed" (takes jobs of those only
            who had some before), "no-jobs" (takes none, tuned versions answer) or "gone" (tuned
            versions do not answer any more).
        last_training: From this day on no new job; None = not known.
        retires: On this day tuned versions stop; None = not known.
        new_customers_until: From this day on no job of those who never had one; None = not known.
        dormant_until: From this day on no job of those who do not use theirs; None = not known.
        replacement: The model that the provider names instead; None = none is known.
        source: Who says so: of the date behind the state, or of the next one to come.
        as_of: When.
        sources: Name of each date above that is known, and `replacement`, to who said it and when.
    """

    state: _State
    last_training: date | None
    retires: date | None
    new_customers_until: date | None = None
    dormant_until: date | None = None
    replacement: str | None = None
    source: str
    as_of: date
    sources: Mapping[str, Source] = field(default_factory=dict, compare=False)


def closing(card: ModelCard, today: date) -> Closing | None:
    """How the model stands on a day; None where no end is known."""
    dates: dict[str, date] = {
        name: day for name in _DATES if (day := getattr(card, name)) is not None
    }
    if not dates:
        return None
    state, decisive = _state(dates, today)
    named = [*dates, *(["replacement"] if card.replacement else [])]
    basis = card.source_of(decisive)
    return Closing(
        state=state,
        last_training=card.last_training,
        retires=card.retires,
        new_customers_until=card.new_customers_until,
        dormant_until=card.dormant_until,
        replacement=card.replacement,
        source=basis.source,
        as_of=basis.as_of,
        sources={name: card.source_of(name) for name in named},
    )


def _state(dates: Mapping[str, date], today: date) -> tuple[_State, str]:
    """The state on a day, and the name of the date that makes it so."""
    over = {name for name, day in dates.items() if day <= today}
    if "retires" in over:
        return "gone", "retires"
    if "last_training" in over:
        return "no-jobs", "last_training"
    if "new_customers_until" in over:
        return "new-customers-closed", "new_customers_until"
    ahead = [name for name in dates if name not in over]
    return "announced", min(ahead or dates, key=lambda name: dates[name])


def takes_jobs(card: ModelCard, today: date) -> bool:
    """Whether anyone may start a job on a day, as far as is known: a new customer too."""
    end = closing(card, today)
    return end is None or end.state == "announced"


def trains_here(target: Target) -> bool:
    """Whether it is a program for machines of one's own: no service, so none that can close."""
    return is_trial(target) or (not target.api and not target.models)


def is_trial(target: Target) -> bool:
    """Whether it is evalkit's own trainer: to try everything with, no offer and no replacement."""
    return target.api.get("client") == "local"


def trains(card: ModelCard, method: str) -> bool:
    """Whether a model is trained with rows that are for a method.

    Rows of prompt and completion train chat models too. Where no method is on record, it may be.
    """
    return not card.methods or not _TRAINS.get(method, {method}).isdisjoint(card.methods)


def still_training(
    targets: Iterable[Target],
    formats: Sequence[str],
    *,
    besides: str = "",
    today: date | None = None,
    method: str | None = None,
) -> list[str]:
    """Names of the targets that read all these layouts and take jobs of anyone, services first.

    evalkit's own trainer is none of them.

    Args:
        targets: To choose from.
        formats: Names of the layouts of the rows; none = nothing can be said.
        besides: A target that is left out.
        today: The day that counts: one that ends later is named too. None = only those that have
            announced no end at all.
        method: What the rows train; a service with models on record must have one that it trains
            so. None = any.
    """
    if not formats:
        return []
    found = [
        target
        for target in targets
        if target.name != besides
        and not is_trial(target)
        and set(formats) <= set(target.formats)
        and (_announced_no_end(target) if today is None else _open(target, today, method))
    ]
    return [target.name for target in sorted(found, key=trains_here)]


def _announced_no_end(target: Target) -> bool:
    return target.last_training is None and target.new_customers_until is None


def _open(target: Target, today: date, method: str | None) -> bool:
    ends = (target.last_training, target.new_customers_until)
    if any(end is not None and end <= today for end in ends):
        return False
    # A service whose every known model is closed takes no job either.
    able = [c for c in target.models.values() if method is None or trains(c, method)]
    return not target.models or any(takes_jobs(card, today) for card in able)
