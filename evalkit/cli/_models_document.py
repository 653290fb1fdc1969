# SPDX-License-Identifier: Apache-2.0
"""Models for machines: schemas/models.schema.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from evalkit.targets.card import ModelCard, Source
from evalkit.targets.listing import Entry, ratio

__all__ = ["as_document"]

_FIGURES = (
    "context",
    "training_limit",
    "new_customers_until",
    "dormant_until",
    "last_training",
    "retires",
    "replacement",
    "hosting_free",
)


def as_document(found: Sequence[Entry], today: date) -> dict[str, Any]:
    """The JSON object of `evalkit models`, schema 1; what is not known is null or empty."""
    return {
        "schema": 1,
        "today": today.isoformat(),
        "models": [_model(entry, today) for entry in found],
    }


def _model(entry: Entry, today: date) -> dict[str, Any]:
    card, target = entry.card, entry.target
    times = ratio(card.tuned_inference, card.inference)
    return {
        "name": card.name,
        "target": card.target,
        "title": target.title,
        "state": entry.state,
        "methods": list(card.methods),
        "formats": list(target.formats),
        "encoding": card.encoding,
        "tokenizer": card.tokenizer,
        **{name: _figure(card, name, today) for name in _FIGURES},
        "training": [_dated(one, today) for one in card.trainings],
        "training_per_hour": _dated(card.training_per_hour, today),
        "hosting": [_dated(one, today) for one in card.hosting],
        "inference": _dated(card.inference, today),
        "tuned_inference": _dated(card.tuned_inference, today),
        "tuned_to_base": None if times is None else {"input": times.input, "output": times.output},
        "images": _dated(card.images, today),
        "notes": list(target.notes),
    }


def _figure(card: ModelCard, name: str, today: date) -> dict[str, Any] | None:
    value = getattr(card, name)
    if value is None:
        return None
    said = card.source_of(name)
    return {"value": _plain(value), **_said(said, today)}


def _dated(value: Any, today: date) -> dict[str, Any] | None:
    """A price or a rule with all its fields."""
    if value is None:
        return None
    table = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return {**table, **_said(Source(value.as_of, value.source), today)}


def _said(said: Source, today: date) -> dict[str, Any]:
    return {"as_of": said.as_of.isoformat(), "source": said.source, "old": said.old(today)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
