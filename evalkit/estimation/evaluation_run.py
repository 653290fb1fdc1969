# SPDX-License-Identifier: Apache-2.0
"""What it costs to ask the base model, the tuned one and a judge on the held-out rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from types import MappingProxyType
from typing import Literal, NamedTuple

from evalkit.core.strings import Language
from evalkit.estimation.cost import EXACT, exactly, money, spoken
from evalkit.targets.card import Answers, Source

__all__ = [
    "BATCH_SHARES",
    "EvaluationCost",
    "EvaluationLine",
    "EvaluationPlan",
    "Who",
    "evaluation_cost",
]

Who = Literal["base", "tuned", "judge"]
_Words = Mapping[Language, str]
_NOTHING: _Words = MappingProxyType({"en": "", "zh": ""})

# Target to what its batch route costs of the usual price, where its documentation says so for all
# models: taken for a model without a batch price of its own.
BATCH_SHARES: Mapping[str, tuple[str, Source]] = MappingProxyType(
    {
        "openai": (
            "0.5",
            Source(date(2025, 11, 1), "OpenAI pricing page, copy of 2025-11: batch at half price"),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationPlan:
    """Who is asked what, and at which prices.

    Attributes:
        rows: Held-out rows, 0 or more.
        prompt_tokens: Mean tokens of a prompt, as a request bills them.
        answer_tokens: Mean tokens of an answer; the tuned model's are taken to be as long.
        base: Price of the base model's answers; None = not known.
        tuned: Price of the tuned model's answers; None = not known.
        judge: Name of the judge and the price of its answers (None = not known); None = no judge.
        both_orders: Whether the judge sees each pair twice, A before B and B before A.
        repeats: How often each row is asked, and each pair judged.
        batch: Whether the providers' batch route is taken.
        rubric_tokens: Of the judge's instructions.
        verdict_tokens: Of what the judge answers.
        target: Whose the two models are: for the share of the batch route; None = not known.
        judge_target: Whose the judge is.
        base_name: Of the base model.
        tuned_name: Of the tuned model.
    """

    rows: int
    prompt_tokens: float
    answer_tokens: float
    base: Answers | None
    tuned: Answers | None
    judge: tuple[str, Answers | None] | None = None
    both_orders: bool = True
    repeats: int = 1
    batch: bool = False
    rubric_tokens: int = 300
    verdict_tokens: int = 150
    target: str | None = None
    judge_target: str | None = None
    base_name: str = "base"
    tuned_name: str = "tuned"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationLine:
    """What one of them is asked and what that costs.

    Attributes:
        who: Its part in the run.
        name: Of the model.
        requests: That it gets.
        prompt_tokens: Of all of them; rounded once, half up.
        answer_tokens: Of all answers; rounded once, half up.
        cost: Decimal string; None = the price is not known.
        why: What the requests are and which price was taken, one line in each language.
        currency: ISO 4217; None where the cost is.
    """

    who: Who
    name: str
    requests: int
    prompt_tokens: int
    answer_tokens: int
    cost: str | None
    why: _Words = field(compare=False)
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationCost:
    """What the whole run costs.

    Attributes:
        lines: Base, tuned, and the judge where there is one.
        total: Decimal string; None = a price is not known, or the currencies differ.
        currency: ISO 4217; None where the total is.
        why: Why there is no total, one line in each language; empty where there is one.
    """

    lines: tuple[EvaluationLine, ...]
    total: str | None
    currency: str | None = None
    why: _Words = field(default_factory=lambda: _NOTHING, compare=False)


class _Rate(NamedTuple):
    """Prices of 1,000,000 tokens."""

    input: Decimal
    output: Decimal
    currency: str


def evaluation_cost(plan: EvaluationPlan) -> EvaluationCost:
    """Requests, tokens and money of one evaluation run, before it is made."""
    asked = plan.rows * plan.repeats
    times = f" x {plan.repeats:,}" if plan.repeats != 1 else ""
    once: _Words = {"en": f"{plan.rows:,} rows{times}", "zh": f"{plan.rows:,} 行{times}"}
    with localcontext(EXACT):
        question, answer = exactly(plan.prompt_tokens), exactly(plan.answer_tokens)
        priced = _rate(plan.base, plan.target, batch=plan.batch)
        lines = [_line("base", plan.base_name, asked, (question, answer), priced, once)]
        priced = _rate(plan.tuned, plan.target, batch=plan.batch)
        lines.append(_line("tuned", plan.tuned_name, asked, (question, answer), priced, once))
        if plan.judge is not None:
            name, price = plan.judge
            pairs: _Words = {
                "en": f"{asked:,} pairs{' x 2 orders' if plan.both_orders else ', one order'}",
                "zh": f"{asked:,} 对{'，正反两种顺序' if plan.both_orders else '，一种顺序'}",
            }
            tokens = plan.rubric_tokens + question + 2 * answer, Decimal(plan.verdict_tokens)
            priced = _rate(price, plan.judge_target, batch=plan.batch)
            requests = asked * (2 if plan.both_orders else 1)
            lines.append(_line("judge", name, requests, tokens, priced, pairs))
        return _summed(tuple(lines))


def _line(
    who: Who,
    name: str,
    requests: int,
    tokens: tuple[Decimal, Decimal],
    priced: tuple[_Rate | None, _Words],
    what: _Words,
) -> EvaluationLine:
    """One line; `tokens` are those of one prompt and one answer."""
    prompts, answers = (int((requests * each).to_integral_value(ROUND_HALF_UP)) for each in tokens)
    rate, why = priced
    return EvaluationLine(
        who=who,
        name=name,
        requests=requests,
        prompt_tokens=prompts,
        answer_tokens=answers,
        cost=money((prompts * rate.input + answers * rate.output).scaleb(-6)) if rate else None,
        currency=rate.currency if rate else None,
        why={"en": f"{what['en']}; {why['en']}", "zh": f"{what['zh']}；{why['zh']}"},
    )


def _rate(price: Answers | None, target: str | None, *, batch: bool) -> tuple[_Rate | None, _Words]:
    """The prices that apply and whose they are, or none and why."""
    if price is None:
        return None, {"en": "no price is on record", "zh": "没有价格记录"}
    usual = _Rate(Decimal(price.input), Decimal(price.output), price.currency)
    if not batch:
        return usual, _told(usual, price, "", "")
    if price.batch_input is not None and price.batch_output is not None:
        known = _Rate(Decimal(price.batch_input), Decimal(price.batch_output), price.currency)
        return known, _told(known, price, "batch route: ", "批量接口：")
    share, basis = BATCH_SHARES.get(target or "", (None, None))
    if share is None or basis is None:
        return None, {
            "en": "no price of its batch route is on record",
            "zh": "没有其批量接口的价格记录",
        }
    part = _Rate(usual.input * Decimal(share), usual.output * Decimal(share), price.currency)
    percent = f"{(Decimal(share) * 100).normalize():f}"
    return part, _told(
        part,
        price,
        f"batch route, assumed at {percent} % of the usual price ({basis.source}): ",
        f"批量接口，假定为常规价格的 {percent} %（{basis.source}）：",
    )


def _told(rate: _Rate, price: Answers, en: str, zh: str) -> _Words:
    prompts, answers = (spoken(each, rate.currency) for each in (rate.input, rate.output))
    return {
        "en": f"{en}{prompts} in, {answers} out per 1M tokens (as of {price.as_of})",
        "zh": f"{zh}每百万 token 输入 {prompts}，输出 {answers}（{price.as_of} 的价格）",
    }


def _summed(lines: tuple[EvaluationLine, ...]) -> EvaluationCost:
    unknown = [line.name for line in lines if line.cost is None]
    if unknown:
        named = ", ".join(unknown)
        why: _Words = {
            "en": f"no total: the price of {named} is not known",
            "zh": f"无法合计：{named} 的价格未知",
        }
        return EvaluationCost(lines=lines, total=None, why=why)
    currencies = sorted({line.currency or "" for line in lines})
    if len(currencies) > 1:
        named = ", ".join(currencies)
        why = {
            "en": f"no total: prices in {named} are not added",
            "zh": f"无法合计：{named} 的价格不能相加",
        }
        return EvaluationCost(lines=lines, total=None, why=why)
    total = sum((Decimal(line.cost or 0) for line in lines), Decimal(0))
    return EvaluationCost(lines=lines, total=money(total), currency=currencies[0])
