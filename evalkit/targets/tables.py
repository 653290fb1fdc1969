# SPDX-License-Identifier: Apache-2.0
"""From the TOML table of a target to its values (its shape: schemas/target.schema.json)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

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

__all__ = ["card_of", "target_of"]

_T = TypeVar("_T")
_ENDS = ("new_customers_until", "dormant_until", "last_training")


def target_of(name: str, table: Mapping[str, Any]) -> Target:
    """The target that a TOML table describes."""
    inherited = {"as_of": table["as_of"], "source": table["source"]}
    # A model may have a source of its own; what it takes from its target stands in the target's.
    ends = {key: {"value": table[key], **inherited} for key in _ENDS if key in table}
    models = {
        model: card_of(model, name, {**inherited, **ends, **entry})
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
                key: tuple(value) if isinstance(value, list) else value
                for key, value in table.get("limits", {}).items()
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
        open_weights=table.get("open_weights", True),
    )


def _training(table: Mapping[str, Any], inherited: Mapping[str, Any]) -> Training:
    known, sources = _parted(table)
    basis = {key: known.pop(key, inherited[key]) for key in ("as_of", "source")}
    for key, kind in (("epochs", EpochRule), ("batch", BatchRule)):
        if key in known:
            known[key] = kind(**{**basis, **known[key]})
    known["timings"] = tuple(Timing(**entry) for entry in known.get("timings", ()))
    return Training(**known, basis=Source(**basis) if table else None, sources=_frozen(sources))


def _parted(entry: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Source]]:
    """Plain values, and the sources of those that were `{value, as_of, source}`."""
    plain: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for key, value in entry.items():
        if isinstance(value, Mapping) and "value" in value:
            plain[key] = value["value"]
            sources[key] = Source(value["as_of"], value["source"])
        else:
            plain[key] = value
    return plain, sources


def _command(entry: str | Mapping[str, Any]) -> Command:
    if isinstance(entry, str):
        return Command(entry)
    return Command(entry["text"], tuple(entry.get("layouts", ())))


def card_of(name: str, target: str, entry: Mapping[str, Any]) -> ModelCard:
    """The card that a TOML table describes; a figure may be `{value, as_of, source}` or plain."""
    plain, sources = _parted(entry)
    images = plain.get("images")
    last, retires = plain.get("last_training"), plain.get("retires")
    if last and retires and retires < last:
        # What the target says of all its models holds for none that is gone before.
        last = retires
        sources["last_training"] = sources.get("retires", Source(plain["as_of"], plain["source"]))
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
        last_training=last,
        retires=retires,
        replacement=plain.get("replacement"),
        source=plain["source"],
        as_of=plain["as_of"],
        sources=_frozen(sources),
    )


def _dated(kind: Callable[..., _T], entry: Mapping[str, Any] | None) -> _T | None:
    return None if entry is None else kind(**{"currency": "USD", **entry})


def _all_dated(kind: Callable[..., _T], entry: Any) -> tuple[_T, ...]:
    """One table, or a list of them."""
    entries = entry if isinstance(entry, list) else [] if entry is None else [entry]
    return tuple(kind(**{"currency": "USD", **one}) for one in entries)


def _frozen(table: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(table))
