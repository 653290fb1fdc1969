# SPDX-License-Identifier: Apache-2.0
"""Several models side by side on an estimate's page: cost by target, then every figure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from markupsafe import Markup, escape

from evalkit.estimation.cost import spoken
from evalkit.estimation.outlook import Estimation, Outlook
from evalkit.estimation.text_notes import fit_of
from evalkit.estimation.text_table import cells, heads, signs
from evalkit.page import charts
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, same, say
from evalkit.report.data_page import Choice, Part, finder

__all__ = ["targets_parts"]

_MODELS = 500  # lines of the table
_NAMES = ("target", "model")  # which begin each line; the other cells are ours, and never broken


def targets_parts(result: Estimation, text: Text) -> Iterator[Part]:
    """The bars of cost by target, then the table of all models."""
    if costs := _costs(result):
        yield Part("costs", say("Cost by target", "各目标的费用"), _bars(costs, text))
    yield Part("models", say("All models", "全部模型"), _table(result, text))


def _costs(result: Estimation) -> list[tuple[Outlook, Decimal]]:
    """Of each target the model that costs least in dollars, the cheapest first.

    A sum that the job may exceed, since a least sum is not on record, stands for a target only
    where there is no other.
    """
    least: dict[str, tuple[Outlook, Decimal]] = {}
    for one in result:
        if one.cost is None or one.cost.currency != "USD":
            continue
        amount, target = Decimal(one.cost.amount), one.model.target
        if target not in least or _rank(one, amount) < _rank(*least[target]):
            least[target] = (one, amount)
    return sorted(least.values(), key=lambda pair: (pair[1], pair[0].model.target))


def _rank(one: Outlook, amount: Decimal) -> tuple[bool, Decimal]:
    return any(doubt.kind == "least-sum" for doubt in one.doubts), amount


def _bars(costs: list[tuple[Outlook, Decimal]], text: Text) -> Markup:
    most = max(amount for _, amount in costs) or Decimal(1)
    rows = []
    for one, amount in costs:
        cost = one.cost
        assert cost is not None  # noqa: S101 - those without were left out
        rows.append(
            {
                "target": data(one.model.target, 40),
                "model": data(one.model.name, 80),
                "bar": charts.level(float(amount / most)),
                "cost": signs(one) + spoken(cost.amount, cost.currency),
                "epochs": count(one.estimate.epochs.number),
                "as_of": cost.as_of.isoformat(),
                "fit": fit_of(one.fit) if one.offer.reads else say("convert first", "需先转换"),
                "kind": _kind(one),
            }
        )
    return fill("evalkit.report", "estimate_costs.html", text=text, rows=rows)


def _kind(one: Outlook) -> str:
    """The class of whether the rows fit."""
    if not one.offer.reads:
        return "undecided"
    if one.fit is None:
        return ""
    return "bad" if one.fit.errors else "good"


def _table(result: Estimation, text: Text) -> Markup:
    """Every figure of every model, as in the terminal; each can be found."""
    columns = heads(result)
    named = [one for one in columns if one.key in _NAMES]
    english, chinese = (replace(result, language=one) for one in ("en", "zh"))
    shown = result.outlooks[:_MODELS]
    targets = list(dict.fromkeys(one.model.target for one in shown))
    rows = []
    for one in shown:
        en, zh = cells(one, english), cells(one, chinese)
        rows.append(
            {
                "target": targets.index(one.model.target),
                "soft": not one.offer.reads or bool(one.fit and one.fit.errors),
                "names": [same(data(en[one.key], 120)) for one in named],
                "cells": [_both(en[one.key], zh[one.key]) for one in columns if one not in named],
            }
        )
    names = [(str(at), same(data(target, 40))) for at, target in enumerate(targets)]
    search = finder(
        text,
        len(rows),
        say("models", "个模型"),
        [Choice("target", say("Target", "目标"), names)],
    )
    left = len(result) - len(shown)
    return search + fill(
        "evalkit.report",
        "estimate_models.html",
        text=text,
        heads=columns,
        rows=rows,
        more=count(left) if left else "",
    )


def _both(en: str, zh: str) -> Phrase:
    return Phrase(escape(en), escape(zh))
