# SPDX-License-Identifier: Apache-2.0
"""A model where nothing is on record of it: at a trainer of open weights, or at another provider.

What belongs to the model itself (tokenizer, context, methods) goes with it; prices, dates and
limits are those of whoever trains it, and stay unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from evalkit.core.printable import printable
from evalkit.page.phrase import Phrase, same, say
from evalkit.targets.card import ModelCard, Target

__all__ = ["family_of", "name_of", "own_model", "taken_to"]

_NAME = "a model of your own"
_FAMILIES: Mapping[str, str] = MappingProxyType({"mistral": "mistral-tekken"})
_FAMILY = "qwen-3"  # the open models that are tuned most


def family_of(target: Target) -> str:
    """The tokenizer family that is taken where the user names no model."""
    return _FAMILIES.get(target.name, _FAMILY)


def name_of(card: ModelCard) -> Phrase:
    """The name of a model, as people read it."""
    return say(_NAME, "自选模型") if card.name == _NAME else same(printable(card.name))


def own_model(target: Target) -> ModelCard:
    """A card of which nothing but the target is known."""
    return ModelCard(
        name=_NAME,
        target=target.name,
        encoding=None,
        tokenizer=family_of(target),
        context=None,
        training_limit=None,
        training_per_hour=None,
        inference=None,
        tuned_inference=None,
        methods=(),
        last_training=target.last_training,
        retires=None,
        new_customers_until=target.new_customers_until,
        dormant_until=target.dormant_until,
        source=target.source,
        as_of=target.as_of,
        sources=MappingProxyType({}),
    )


def taken_to(card: ModelCard, target: Target) -> ModelCard:
    """The card of a model as another target would train it."""
    own = own_model(target)
    kept = {name: card.source_of(name) for name in ("encoding", "tokenizer", "context", "images")}
    return replace(
        own,
        name=card.name,
        encoding=card.encoding,
        tokenizer=card.tokenizer,
        context=card.context,
        images=card.images,
        methods=card.methods,
        sources=MappingProxyType(kept),
    )
