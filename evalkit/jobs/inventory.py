# SPDX-License-Identifier: Apache-2.0
"""The tuned models of an account with the day on which each stops, soonest first."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from shlex import quote

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import printable
from evalkit.core.registry import names
from evalkit.jobs.archive.names import safe_name
from evalkit.jobs.job import TunedModel
from evalkit.jobs.seam import CannotError, Where, open_provider
from evalkit.models._endpoints import endpoints
from evalkit.targets.card import ModelCard
from evalkit.targets.load import model_named, target_named, target_names
from evalkit.targets.source import Source

__all__ = [
    "Account",
    "Dated",
    "Entry",
    "accounts",
    "asked",
    "by_deployment",
    "entries",
    "record_command",
    "tuned_models",
    "used_as",
]

_LOCAL = "local"
_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST = 80  # letters of a file's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A day that a provider announced.

    Attributes:
        day: From which on it is so.
        said: When and where it was said.
    """

    day: date
    said: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A tuned model and what is known of its end.

    Attributes:
        model: As the provider lists it.
        base: What it was made of, as the provider or its own name says; None = nobody does.
        created: The day, in UTC; None = not said.
        retires: When it stops answering; None = unknown.
        last_training: When no more jobs of its base are taken; None = unknown.
        days_left: Until `retires`, 0 or less = it has stopped; None = unknown.
        use: What `evalkit run` and `record` call it; None = a name of the user's is needed
            (Azure answers by deployment).
    """

    model: TunedModel
    base: str | None
    created: date | None
    retires: Dated | None
    last_training: Dated | None
    days_left: int | None
    use: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A provider that can be asked for its tuned models.

    Attributes:
        target: Its name.
        key_env: Variable that its key is looked for in; None = it needs none.
        ready: Whether there is a key.
    """

    target: str
    key_env: str | None
    ready: bool


def accounts() -> list[Account]:
    """Providers of training other than this machine, and whether there is a key for each."""
    known = endpoints()
    found = []
    for target in names("jobs"):
        if target == _LOCAL:
            continue
        usual = f"{target.upper().replace('-', '_')}_API_KEY"
        variable = known[target].key_env if target in known else usual
        ready = variable is None or bool(os.environ.get(variable, "").strip())
        found.append(Account(target=target, key_env=variable, ready=ready))
    return found


async def asked(
    wheres: Sequence[tuple[str, Where]],
) -> list[tuple[str, list[TunedModel] | EvalkitError]]:
    """The tuned models of each provider, or why it does not say; all are asked at once.

    Args:
        wheres: Target and how to reach it.
    """

    async def one(target: str, where: Where) -> list[TunedModel] | EvalkitError:
        try:
            async with open_provider(target, where) as provider:
                if why := provider.lacks.get("tuned-models"):
                    return CannotError(f"{target}: {why}")
                return [model async for model in provider.tuned()]
        except EvalkitError as error:
            return error

    answers = await asyncio.gather(*(one(target, where) for target, where in wheres))
    return [(target, answer) for (target, _), answer in zip(wheres, answers, strict=True)]


async def tuned_models(
    target: str,
    where: Where = Where(),  # noqa: B008  (frozen)
    *,
    today: date | None = None,
) -> list[Entry]:
    """A provider's tuned models with the day on which each stops, soonest first.

    Args:
        target: Whose: "openai", "azure", …
        where: How to reach it.
        today: Of `days_left`; None = this day.

    Raises:
        CannotError: Its API does not list them.
        UsageError: No key or no address.
        RemoteError: It refuses, or could not be reached.
    """
    ((_, answer),) = await asked([(target, where)])
    if isinstance(answer, EvalkitError):
        raise answer
    return entries(answer, today=datetime.now().astimezone().date() if today is None else today)


def entries(models: Iterable[TunedModel], *, today: date) -> list[Entry]:
    """What the registry says of each, those that stop soonest first, then by name.

    Args:
        models: As providers list them.
        today: Of `days_left`.
    """
    found = [_entry(model, today) for model in models]
    never = date.max
    return sorted(
        found,
        key=lambda e: (e.retires.day if e.retires else never, e.model.target, e.model.name),
    )


def _entry(model: TunedModel, today: date) -> Entry:
    card = _card(model)
    retires = _dated(card, "retires")
    return Entry(
        model=model,
        base=model.base or (card.name if card is not None else None),
        created=_day(model.created),
        retires=retires,
        last_training=_dated(card, "last_training"),
        days_left=None if retires is None else (retires.day - today).days,
        use=None if by_deployment(model.target) else used_as(model.target, model.name),
    )


def _card(model: TunedModel) -> ModelCard | None:
    """What is known of its base: by the name that the provider gives, else by its own."""
    if model.target not in target_names():
        return None
    for name in (model.base, model.name):
        if not name:
            continue
        try:
            card = model_named(f"{model.target}/{name}")
        except UsageError:
            continue
        if card.target == target_named(model.target).name:
            return card
    return None


def _dated(card: ModelCard | None, field: str) -> Dated | None:
    day: date | None = None if card is None else getattr(card, field)
    if card is None or day is None:
        return None
    return Dated(day=day, said=card.source_of(field))


def _day(time: float | None) -> date | None:
    try:
        return None if not time else datetime.fromtimestamp(time, UTC).date()
    except (OverflowError, OSError, ValueError):  # a provider may say anything
        return None


def by_deployment(target: str) -> bool:
    """Whether a model answers under a name that its user gave it, not under its own."""
    known = endpoints().get(target)
    return known is not None and known.resources


def used_as(target: str, model: str) -> str:
    """What suites and commands call a model of a provider: `openai/ft:…`, `local:smollm2+…`."""
    if model.startswith(f"{_LOCAL}:"):
        return model
    return f"{_LOCAL}:{model}" if target == _LOCAL else f"{target}/{model}"


def record_command(entry: Entry, data: str) -> str | None:
    """The line that keeps what a model answers, safe to paste into a POSIX shell.

    Args:
        entry: Of the model.
        data: File whose questions it is asked.

    Returns:
        None where the name holds what no terminal should show: it cannot be pasted as it is.
    """
    name = entry.model.name
    if printable(name) != name or not name.strip():
        return None
    use = entry.use or f"{entry.model.target}/YOUR-DEPLOYMENT"
    stem = _UNFIT.sub("-", name).strip("-.")[:_LONGEST]
    answers = f"{safe_name(stem or name)}.answers.jsonl"
    place = f"./{data}" if data.startswith("-") else data
    return f"evalkit record {quote(place)} --model {quote(use)} -o {quote(answers)}"
