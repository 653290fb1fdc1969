# SPDX-License-Identifier: Apache-2.0
"""What asking each model took: requests, tokens, money with the date of its price."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.evaluation.result import AskedModel, Run
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count, money
from evalkit.page.phrase import Phrase, Text, same
from evalkit.report.names import model_name
from evalkit.report.reading import cut_off
from evalkit.report.recorded import recorded_words
from evalkit.report.section import section

__all__ = ["costs"]


@section(order=80, en="Costs", zh="费用")
def costs(run: Run, text: Text) -> Markup:
    """One model a row."""
    return fill(
        "evalkit.report.sections",
        "costs.html",
        text=text,
        lines=[_line(run, card, text) for card in run.models],
        training=_training(run, text),
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


def _training(run: Run, text: Text) -> Phrase:
    """What the candidate's training cost, by which price; empty where it is not known."""
    found = run.training
    if found is None:
        return same("")
    return text(
        "Training {m} on the suite's training file: {c} for {n} billed tokens in {e} epochs, "
        "reckoned with the price of {d}, {s}.",
        "在套件的训练文件上训练 {m}：{e} 轮共 {n} 个计费 token，费用 {c}，按 {d} 的价格估算，{s}。",
        m=model_name(run, run.candidate),
        c=money(found.cost, found.currency),
        n=count(found.tokens),
        e=found.epochs,
        d=data(found.as_of),
        s=data(found.source, 120),
    )
