# SPDX-License-Identifier: Apache-2.0
"""What asking each model took: requests, tokens, money with the date of its price."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.evaluation.result import AskedModel, Run
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count, money
from evalkit.page.phrase import Phrase, Text
from evalkit.report.names import model_name
from evalkit.report.reading import cut_off
from evalkit.report.recorded import recorded_words
from evalkit.report.section import section

__all__ = ["costs"]


@section(order=80, en="Costs and tokens", zh="费用与 token")
def costs(run: Run, text: Text) -> Markup:
    """One model a row."""
    return fill(
        "evalkit.report.sections",
        "costs.html",
        text=text,
        lines=[_line(run, card, text) for card in run.models],
    )


def _line(run: Run, card: AskedModel, text: Text) -> dict[str, object]:
    return {
        "name": model_name(run, card.name),
        "requests": count(card.requests),
        "cached": count(card.cached),
        "errors": count(card.errors),
        "cut": count(cut_off(run, card.name)),
        "prompt": _tokens(card.prompt_tokens),
        "completion": _tokens(card.completion_tokens),
        "cost": money(card.cost, card.currency) if card.cost is not None else "–",
        "per_1000": money(card.cost_per_1000, card.currency)
        if card.cost_per_1000 is not None
        else "–",
        "price": _price(card, text),
    }


def _tokens(n: int | None) -> str:
    return "–" if n is None else count(n)


def _price(card: AskedModel, text: Text) -> Phrase:
    if card.price_as_of:
        price = text(
            "price of {d}, {s}",
            "{d} 的价格，{s}",
            d=data(card.price_as_of),
            s=data(card.price_source or "–", 120),
        )
        if card.recorded is None:
            return price
        return text("{r}; {p}", "{r}；{p}", r=recorded_words(card, text), p=price)
    if card.recorded is not None:
        return recorded_words(card, text)
    if card.host is None:
        return text("runs on this machine", "在本机运行")
    return text("no price is known", "价格未知")
