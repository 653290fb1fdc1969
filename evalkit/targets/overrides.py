# SPDX-License-Identifier: Apache-2.0
"""What a configuration says of models, under `[models."TARGET/MODEL"]`.

```toml
[models."azure/support-base"]          # a model of your own
like = "gpt-4.1-mini"                  # what is not said below is as there
as_of = 2026-11-21                     # of every figure below that has none of its own
training = { usd_per_mtok = 5.50, tier = "global" }

[models."gpt-4.1-mini"]                # a figure of evalkit's that you know better
training_limit = { value = 65_536, as_of = 2026-11-21, source = "mail of our account manager" }
```

Pure functions over the tables of target files; `using` makes them heard by `targets.load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.targets.shape import DAYS, problem

__all__ = ["KEYS", "Likeness", "Overrides", "current", "overridden", "using"]

_MONEY = frozenset({"training", "training_per_hour", "hosting", "inference", "tuned_inference"})
_TABLES = _MONEY | {"images"}
_FIGURES = frozenset({"context", "training_limit", "hosting_free", "replacement"}) | DAYS
_FACTS = frozenset({"encoding", "tokenizer", "methods"})  # what a model is needs no date
_OF_THE_MODEL = (*sorted(_FACTS), "context", "images")  # the rest is its provider's
KEYS = frozenset({"like", "as_of", "source"}) | _TABLES | _FIGURES | _FACTS


@dataclass(frozen=True, slots=True, eq=False)
class Overrides:
    """Facts about models that stand above evalkit's own.

    Attributes:
        models: "target/model" or a model's name to its table, as a configuration has it.
        origin: Where they stand, such as "evalkit.toml": its name is the source of figures that
            name none.
    """

    models: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    origin: str = "the configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The card that `like` names.

    Attributes:
        target: Whose it is.
        table: As its target's file has it, without what the target says of all its models.
        basis: `as_of` and `source` of its target.
    """

    target: str
    table: Mapping[str, Any]
    basis: Mapping[str, Any]


_current: ContextVar[Overrides] = ContextVar("evalkit_overrides", default=Overrides())  # noqa: B039


def current() -> Overrides:
    """What holds here; nothing unless somebody said `using`."""
    return _current.get()


@contextmanager
def using(overrides: Overrides) -> Iterator[None]:
    """Within it `model_named` and `target_named` know them: in this thread and its tasks."""
    token = _current.set(overrides)
    try:
        yield
    finally:
        _current.reset(token)


def overridden(
    target: str,
    table: Mapping[str, Any],
    overrides: Overrides,
    placed: Mapping[str, str],
    likeness: Callable[[str], Likeness],
) -> Mapping[str, Any]:
    """The table of a target with what the overrides say of its models.

    Args:
        target: Its name.
        table: As the target's file has it.
        overrides: All of them.
        placed: Key of each that is meant for this target to the model's name in it.
        likeness: Finds the card that a `like` names.

    Raises:
        UsageError: An unknown key, a value of the wrong kind, or a figure without its day.
    """
    if not placed:
        return table
    models = dict(table.get("models", {}))
    for key, name in placed.items():
        place = f'{printable(overrides.origin)}: [models."{excerpt(key)}"]'
        given = dict(overrides.models[key])
        first = dict(models.get(name, {}))
        if like := given.pop("like", None):
            other = _named(like, likeness, place)
            first = {**_like(other, same=other.target == target), **first}
        if "hosting" in given:  # its price says that it is not free, as the card may
            first.pop("hosting_free", None)
        models[name] = {**first, **_dated(given, overrides.origin, place)}
        if wrong := problem(models[name], "model"):
            raise UsageError(
                f"{place}: {wrong}", "`evalkit schema config` shows what can stand there"
            )
    return {**table, "models": models}


def _named(like: Any, likeness: Callable[[str], Likeness], place: str) -> Likeness:
    try:
        return likeness(f"{like}")
    except UsageError as error:
        raise UsageError(f"{place}: `like`: {error.message}", error.hint) from error


def _like(other: Likeness, *, same: bool) -> dict[str, Any]:
    """A card to begin with.

    Prices, dates and training limits are a provider's: they are taken from a card of the same
    target only.
    """
    if same:
        return dict(other.table)
    said = {key: other.table.get(key, other.basis[key]) for key in ("as_of", "source")}
    taken: dict[str, Any] = {}
    for key in _OF_THE_MODEL:
        if key in other.table:
            value = other.table[key]
            plain = key in _FIGURES and not isinstance(value, Mapping)
            taken[key] = {"value": value, **said} if plain else value
    return taken


def _dated(given: Mapping[str, Any], origin: str, place: str) -> dict[str, Any]:
    """The table with the day and the source at each figure, as the card's own figures keep theirs.

    Raises:
        UsageError: A figure has no day.
    """
    if given.get("as_of") is not None:
        _said_by_now(_day(given["as_of"], place), place)
    name = PurePath(origin).name or origin  # a figure in a report need not tell where a file lies
    said = {"as_of": given.get("as_of"), "source": given.get("source", name)}
    table: dict[str, Any] = {}
    for key, value in given.items():
        if key in ("as_of", "source"):
            continue
        inside = f"{place}: `{excerpt(key)}`"
        if key in _FIGURES:
            plain = value if isinstance(value, Mapping) else {"value": value}
            table[key] = _figure(plain, said, inside)
            if key in DAYS:
                table[key]["value"] = _day(table[key].get("value"), inside)
        elif key in _TABLES and isinstance(value, list):
            table[key] = [_figure(one, said, inside) for one in value if isinstance(one, Mapping)]
        elif key in _TABLES and isinstance(value, Mapping):
            table[key] = _figure(value, said, inside)
        else:
            table[key] = value
    return table


def _figure(value: Mapping[str, Any], said: Mapping[str, Any], place: str) -> dict[str, Any]:
    figure = {**said, **value}
    if figure["as_of"] is None:
        raise UsageError(
            f"{place} has no `as_of`",
            "say since when you know it, such as as_of = 2026-11-21: no figure stands without",
        )
    figure["as_of"] = _day(figure["as_of"], place)
    _said_by_now(figure["as_of"], place)
    for key, one in value.items():
        if isinstance(one, (int, float)) and not isinstance(one, bool) and key in _SUMS:
            figure[key] = _decimal(one)
        elif isinstance(one, str) and key in _SUMS and one.strip().isdigit():
            figure[key] = f"{one.strip()}.00"
    return figure


_SUMS = frozenset(
    {
        "usd_per_mtok",
        "usd_per_hour",
        "minimum",
        "input",
        "output",
        "cached",
        "batch_input",
        "batch_output",
        "factor",
    }
)


def _decimal(number: float) -> str:
    """A sum as the registry keeps it: at least two places."""
    whole, _, places = format(Decimal(str(number)), "f").partition(".")
    return f"{whole}.{places:0<2}"


def _said_by_now(day: date, place: str) -> None:
    """Refuse a day to come: a figure would look fresh for as long as it likes.

    Raises:
        UsageError: It is more than a day ahead: elsewhere on earth tomorrow has begun.
    """
    if day > datetime.now().astimezone().date() + timedelta(days=1):
        raise UsageError(
            f"{place}: `as_of` {day.isoformat()} is still to come",
            "say since when you know the figure; for a date to come there are `last_training` and "
            "`retires`",
        )


def _day(value: Any, place: str) -> date:
    """A date.

    Raises:
        UsageError: It is none.
    """
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise UsageError(
            f"{place}: `{excerpt(str(value))}` is no day", "write it as 2026-11-21"
        ) from None
