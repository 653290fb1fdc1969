# SPDX-License-Identifier: Apache-2.0
"""Reads the TOML files of this folder, and those that third parties add by entry points.

An entry point of the group `evalkit.targets` names a TOML file: its object is the path, or a
function without arguments that returns it.
"""

from __future__ import annotations

import re
import tomllib
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from evalkit.core.errors import EvalkitError, UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.core.registry import foreign, loaded, suggestion
from evalkit.targets.card import (
    Answers,
    Command,
    HourlyPrice,
    ImageRule,
    ModelCard,
    Price,
    Source,
    Target,
)
from evalkit.targets.job_rules import BatchRule, EpochRule, Timing, Training

__all__ = [
    "Answers",
    "HourlyPrice",
    "ModelCard",
    "Price",
    "Target",
    "card_of",
    "model_named",
    "target_named",
    "target_names",
    "target_of",
]

_T = TypeVar("_T")
_FOLDER = Path(__file__).resolve().parent
_FIRST = "openai"  # whose models a bare name means
_TUNED = re.compile(r"ft:(?P<new>[^:]+)(?::.*)?|(?P<legacy>[^:]+):ft-.*")  # of 2023 on; before it
_ENDS = ("new_customers_until", "dormant_until", "last_training")
_DATE = re.compile(r"-(?:\d{4}-\d\d-\d\d|\d{4})$")


@cache
def _files() -> Mapping[str, Path]:
    """Name to file of every target that evalkit brings, sorted by name."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.toml"))}


@cache
def _foreign() -> Mapping[str, Path]:
    found: dict[str, Path] = {}
    for name, point in foreign("targets").items():
        try:
            value = loaded(point)
            found[name] = Path(value() if callable(value) else value)
        except UsageError:  # loaded() has warned
            continue
        except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way; the rest goes on
            why = excerpt(f"{type(error).__name__}: {error}", 200)
            warnings.warn(f"plug-in {point.value} is left out: {why}", stacklevel=2)
    return found


def target_names() -> list[str]:
    """Names of every target, ours and third parties', sorted."""
    return sorted({*_files(), *_foreign()})


def target_named(name: str) -> Target:
    """The target of that name.

    Raises:
        UsageError: No such target; the message lists the known ones and a near miss.
    """
    wanted = name.lower().replace("_", "-")
    path = _files().get(wanted) or _foreign().get(wanted)
    if path is None:
        known = target_names()
        raise UsageError(
            f"no target named `{name}`{suggestion(wanted, known)}", f"known: {', '.join(known)}"
        )
    return _load(wanted, path)


def model_named(name: str) -> ModelCard:
    """The card of a model.

    Accepted: dated and undated names ("gpt-4.1-mini"; the newest is taken), with the target before
    them ("openai/gpt-4.1-mini", "azure/gpt-4.1"), and names of tuned models ("ft:gpt-4o-mini-...",
    "ada:ft-..."): these give the base's card with the price of a tuned model's answers.

    Raises:
        UsageError: Not known; the message lists near names.
    """
    target, slash, rest = name.strip().partition("/")
    target = target.lower()
    if not slash or target not in target_names():
        target, rest = "", name.strip()
    wanted = rest.lower()
    if tuned := _TUNED.fullmatch(wanted):
        wanted = tuned["new"] or tuned["legacy"]
    for card in _cards(target):
        if wanted in (card.name, _DATE.sub("", card.name)):
            return replace(card, inference=card.tuned_inference) if tuned else card
    known = list(dict.fromkeys(card.name for card in _cards(target)))
    near = get_close_matches(wanted, [*known, *(_DATE.sub("", n) for n in known)], n=4, cutoff=0.5)
    near = list(dict.fromkeys(near)) or known
    raise UsageError(
        f"no model named `{printable(name)}` is known{suggestion(wanted, near)}",
        f"{'near names' if len(near) < len(known) else 'known'}: {', '.join(near) or 'none'}",
    )


def _cards(target: str) -> Iterator[ModelCard]:
    """Cards of one target, or of all: OpenAI's first, since bare names are mostly theirs."""
    names = [target] if target else sorted(target_names(), key=lambda n: (n != _FIRST, n))
    for name in names:
        yield from target_named(name).models.values()


@cache
def _load(name: str, path: Path) -> Target:
    try:
        return target_of(name, tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EvalkitError(
            f"the target file {path} is not valid: {error!r}", "see: evalkit schema target"
        ) from error


def target_of(name: str, table: Mapping[str, Any]) -> Target:
    """The target that a TOML table describes (its shape: schemas/target.schema.json)."""
    inherited = {"as_of": table["as_of"], "source": table["source"]}
    inherited |= {key: table[key] for key in _ENDS if key in table}
    models = {
        model: card_of(model, name, {**inherited, **entry})
        for model, entry in table.get("models", {}).items()
    }
    return Target(
        name=name,
        title=table["title"],
        as_of=table["as_of"],
        source=table["source"],
        formats=tuple(table["formats"]),
        api=_frozen(table.get("api", {})),
        limits=_frozen(
            {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in table.get("limits", {}).items()
            }
        ),
        severity=_frozen(table.get("severity", {})),
        training=_training(table.get("training", {}), inherited),
        models=_frozen(models),
        new_customers_until=table.get("new_customers_until"),
        dormant_until=table.get("dormant_until"),
        last_training=table.get("last_training"),
        notes=tuple(table.get("notes", ())),
        next=tuple(map(_command, table.get("next", ()))),
    )


def _training(table: Mapping[str, Any], inherited: Mapping[str, Any]) -> Training:
    known = {**table}
    basis = {key: known.pop(key, inherited[key]) for key in ("as_of", "source")}
    for key, kind in (("epochs", EpochRule), ("batch", BatchRule)):
        if key in known:
            known[key] = kind(**{**basis, **known[key]})
    known["timings"] = tuple(Timing(**entry) for entry in known.get("timings", ()))
    return Training(**known)


def _command(entry: str | Mapping[str, Any]) -> Command:
    if isinstance(entry, str):
        return Command(entry)
    return Command(entry["text"], tuple(entry.get("layouts", ())))


def card_of(name: str, target: str, entry: Mapping[str, Any]) -> ModelCard:
    """The card that a TOML table describes; a figure may be `{value, as_of, source}` or plain."""
    plain: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for key, value in entry.items():
        if isinstance(value, Mapping) and "value" in value:
            plain[key] = value["value"]
            sources[key] = Source(value["as_of"], value["source"])
        else:
            plain[key] = value
    images = plain.get("images")
    return ModelCard(
        name=name,
        target=target,
        encoding=plain.get("encoding"),
        tokenizer=plain.get("tokenizer"),
        context=plain.get("context"),
        training_limit=plain.get("training_limit"),
        trainings=_all_dated(Price, plain.get("training")),
        training_per_hour=_dated(HourlyPrice, plain.get("training_per_hour")),
        hosting=_all_dated(HourlyPrice, plain.get("hosting")),
        hosting_free=plain.get("hosting_free"),
        inference=_dated(Answers, plain.get("inference")),
        tuned_inference=_dated(Answers, plain.get("tuned_inference")),
        images=None if images is None else ImageRule(**images),
        methods=tuple(plain.get("methods", ("sft",))),
        new_customers_until=plain.get("new_customers_until"),
        dormant_until=plain.get("dormant_until"),
        last_training=_last_job(plain.get("last_training"), plain.get("retires")),
        retires=plain.get("retires"),
        replacement=plain.get("replacement"),
        source=plain["source"],
        as_of=plain["as_of"],
        sources=_frozen(sources),
    )


def _last_job(said: date | None, retires: date | None) -> date | None:
    # What the target says of all its models holds for none that is gone before.
    return min(said, retires) if said and retires else said


def _dated(kind: Callable[..., _T], entry: Mapping[str, Any] | None) -> _T | None:
    return None if entry is None else kind(**{"currency": "USD", **entry})


def _all_dated(kind: Callable[..., _T], entry: Any) -> tuple[_T, ...]:
    """One table, or a list of them."""
    entries = entry if isinstance(entry, list) else [] if entry is None else [entry]
    return tuple(kind(**{"currency": "USD", **one}) for one in entries)


def _frozen(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(table))
