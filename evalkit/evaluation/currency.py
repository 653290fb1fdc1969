# SPDX-License-Identifier: Apache-2.0
"""Metrics of money in the currency of the models' prices."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.result import AskedModel
from evalkit.evaluation.scoring import Facts

__all__ = ["in_currency", "priced_alike"]


def in_currency(one: Chosen, cards: Sequence[AskedModel]) -> Chosen:
    """A metric of costs with the currency as its unit; any other as it is."""
    currencies = {card.currency.lower() for card in cards if card.cost_per_1000 is not None}
    if one.metric.reads != "cost" or len(currencies) != 1 or one.metric.unit in currencies:
        return one
    metric = copy(one.metric)
    metric.unit = currencies.pop()
    return replace(one, metric=metric)


def priced_alike(facts: Facts, name: str, cards: Sequence[AskedModel]) -> Facts:
    """The facts of a model's answers, without costs in another currency than the first model's."""
    priced = [card for card in cards if card.cost_per_1000 is not None]
    if all(card.currency == priced[0].currency for card in priced if card.name == name):
        return facts
    return lambda k, i: (facts(k, i)[0], None)
