# SPDX-License-Identifier: Apache-2.0
"""From how many calls on a tuned model repays its training, against examples in every prompt."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from math import ceil
from typing import Literal

from evalkit.core.errors import UsageError
from evalkit.estimation import break_even_words as words
from evalkit.estimation.cost import EXACT, exactly, money
from evalkit.estimation.hosting import HOURS_A_MONTH
from evalkit.targets.card import Answers

__all__ = ["BreakEven", "break_even"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """When a tuned model has paid for itself.

    Attributes:
        saved_per_call: Decimal string: what a call of the base model with few-shot examples costs
            more than one of the tuned model without them; negative where the tuned one is dearer;
            None = a price is not known.
        calls: Fewest calls whose savings cover the training, and the hosting meanwhile; None =
            never, or not known.
        months: How long that takes at the calls a month that were given; None = none were given,
            or never.
        few_shot_tokens: That the base model's prompts carry and the tuned model's do not.
        verdict: "repaid", "never", or "unknown".
        why: The sum behind it, one line in each language.
    """

    saved_per_call: str | None
    calls: int | None
    months: float | None
    few_shot_tokens: int
    verdict: Literal["repaid", "never", "unknown"]
    why: words.Words = field(compare=False)


def break_even(
    *,
    training: str | None,
    base: Answers | None,
    tuned: Answers | None,
    prompt_tokens: float,
    answer_tokens: float,
    few_shot_tokens: int,
    system_tokens_dropped: float = 0,
    hosting_per_month: str | None = None,
    hosting_billed: bool = False,
    calls_per_month: int | None = None,
    cached_share: float = 0,
    currency: str | None = None,
    hosting_currency: str | None = None,
    days_left: int | None = None,
) -> BreakEven:
    """When training is repaid by shorter prompts.

    A call of the base model costs (prompt + few-shot) x input + answer x output, one of the tuned
    model (prompt - dropped) x its input + answer x its output; both answers are taken to be equally
    long. With n calls, hosting H and C calls a month, training T is repaid as soon as
    n x saved >= T + n x H / C.

    Args:
        training: Decimal string, what the job costs; None = not known.
        base: Price of the base model's answers; None = not known.
        tuned: Price of the tuned model's answers; None = not known.
        prompt_tokens: Mean tokens of a prompt without few-shot examples.
        answer_tokens: Mean tokens of an answer.
        few_shot_tokens: Of all examples together that the base needs in every prompt.
        system_tokens_dropped: Tokens of instructions that the tuned model's prompts leave out.
        hosting_per_month: Decimal string; "0.00" = it is free; None = not known: not reckoned in,
            and `why` says so.
        hosting_billed: Whether hosting that is not known is known to cost something: then it
            leaves the verdict open.
        calls_per_month: None = not known: then hosting leaves the verdict open.
        cached_share: How much of the few-shot part is read from the provider's cache, in [0, 1]: it
            is the same in every call. Counts only where the base has a price for that.
        currency: ISO 4217, of training; None = that of the answers.
        hosting_currency: ISO 4217, of hosting; None = that of the answers. Nothing is converted.
        days_left: Until tuned versions stop answering, negative or 0 = they have; None = no end is
            known. What is not repaid by then is never.

    Raises:
        UsageError: `cached_share` is out of its range, or a number of tokens is negative.
    """
    _check(cached_share, prompt_tokens, answer_tokens, few_shot_tokens, system_tokens_dropped)
    with localcontext(EXACT):
        unknown = words.missing(
            training, base, tuned, [currency, hosting_currency if hosting_per_month else None]
        )
        if base is None or tuned is None or base.currency != tuned.currency:
            return _unknown(None, few_shot_tokens, unknown)
        call = _call(
            (base, tuned),
            prompt=exactly(prompt_tokens),
            answer=exactly(answer_tokens),
            few_shot=few_shot_tokens,
            dropped=exactly(system_tokens_dropped),
            cached=exactly(cached_share),
        )
        if days_left is not None and days_left <= 0:
            return _made("never", call, words.GONE)
        if call.saved <= 0:
            return _made("never", call, words.dearer(call))
        if training is None or unknown["en"]:
            return _unknown(money(call.saved), few_shot_tokens, unknown)
        if hosting_per_month is None and hosting_billed:
            return _made("unknown", call, words.without_price(call))
        hosting = Decimal(hosting_per_month or 0)
        if hosting and calls_per_month is None:
            return _made("unknown", call, words.without_volume(call, hosting))
        per_call = Fraction(call.saved)
        if hosting:
            if not calls_per_month or per_call * calls_per_month <= hosting:
                return _made("never", call, words.eaten(call, hosting, calls_per_month or 0))
            per_call -= Fraction(hosting) / calls_per_month
        calls = ceil(Fraction(training) / per_call)
        months = Fraction(calls, calls_per_month) if calls_per_month else None
        why = words.repaid(call, Decimal(training), calls, months, hosting_per_month)
        return _by_then(call, why, calls, months, days_left)


def _by_then(
    call: words.Call, why: words.Words, calls: int, months: Fraction | None, days_left: int | None
) -> BreakEven:
    """The verdict on a number of calls, which the model may not live to answer."""
    if days_left is not None and months is None:
        why = words.a_day(why, calls, days_left)
    elif days_left is not None and months is not None and months * HOURS_A_MONTH > days_left * 24:
        return _made("never", call, words.too_late(why, days_left))
    taken = None if months is None else float(months)
    return _made("repaid", call, why, calls=calls, months=taken)


def _check(cached_share: float, *tokens: float) -> None:
    if not 0 <= cached_share <= 1:
        raise UsageError(f"a share of {cached_share} cannot be cached", "give one from 0 to 1")
    for number in tokens:
        if not 0 <= number < float("inf"):
            raise UsageError(f"{number} is no number of tokens", "give 0 or more")


def _call(
    prices: tuple[Answers, Answers],
    *,
    prompt: Decimal,
    answer: Decimal,
    few_shot: int,
    dropped: Decimal,
    cached: Decimal,
) -> words.Call:
    base, tuned = prices
    full = Decimal(base.input)
    kept = full if base.cached is None else Decimal(base.cached)
    example = (cached * kept + (1 - cached) * full).scaleb(-6)
    shorter = max(Decimal(0), prompt - dropped)
    unpriced = bool(cached) and base.cached is None
    return words.Call(
        base=(prompt * full + answer * Decimal(base.output)).scaleb(-6) + few_shot * example,
        tuned=(shorter * Decimal(tuned.input) + answer * Decimal(tuned.output)).scaleb(-6),
        example_token=example,
        few_shot_tokens=few_shot,
        currency=base.currency,
        note={
            "en": "; no price of cached prompts is on record: the full one is taken",
            "zh": "；没有缓存价格的记录，按全价计算",
        }
        if unpriced
        else {"en": "", "zh": ""},
    )


def _made(
    verdict: Literal["repaid", "never", "unknown"],
    call: words.Call,
    why: words.Words,
    *,
    calls: int | None = None,
    months: float | None = None,
) -> BreakEven:
    return BreakEven(
        saved_per_call=money(call.saved),
        calls=calls,
        months=months,
        few_shot_tokens=call.few_shot_tokens,
        verdict=verdict,
        why={language: line + call.note[language] for language, line in why.items()},
    )


def _unknown(saved: str | None, few_shot_tokens: int, why: words.Words) -> BreakEven:
    return BreakEven(
        saved_per_call=saved,
        calls=None,
        months=None,
        few_shot_tokens=few_shot_tokens,
        verdict="unknown",
        why=why,
    )
