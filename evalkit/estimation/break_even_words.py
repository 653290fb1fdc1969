# SPDX-License-Identifier: Apache-2.0
"""What a break-even says: the sum behind it in a line of each language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from types import MappingProxyType

from evalkit.core.strings import Language
from evalkit.estimation.cost import spoken
from evalkit.targets.card import Answers

__all__ = [
    "GONE",
    "Call",
    "Words",
    "a_day",
    "dearer",
    "eaten",
    "missing",
    "repaid",
    "too_late",
    "without_price",
    "without_volume",
]

Words = Mapping[Language, str]
GONE: Words = MappingProxyType(
    {"en": "its tuned versions do not answer any more", "zh": "其微调模型已停止回答"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What one call costs, exactly.

    Attributes:
        base: Of the base model, few-shot examples included.
        tuned: Of the tuned model.
        example_token: One more few-shot token in the base model's prompt.
        few_shot_tokens: In it.
        currency: ISO 4217, of all three.
        note: What could not be reckoned in, to be added to a line; "" = nothing.
    """

    base: Decimal
    tuned: Decimal
    example_token: Decimal
    few_shot_tokens: int
    currency: str
    note: Words

    @property
    def saved(self) -> Decimal:
        """By the tuned model; negative where it is dearer."""
        return self.base - self.tuned


def missing(
    training: str | None,
    base: Answers | None,
    tuned: Answers | None,
    currencies: Iterable[str | None],
) -> Words:
    """What is not known, or not to be compared; empty texts where nothing is."""
    named = [
        words
        for value, words in (
            (training, ("the price of training", "训练价格")),
            (base, ("the price of the base model's answers", "基础模型的回答价格")),
            (tuned, ("the price of the tuned model's answers", "微调模型的回答价格")),
        )
        if value is None
    ]
    if named:
        *first, last = [words[0] for words in named]
        english = f"{', '.join(first)} and {last} are" if first else f"{last} is"
        chinese = "、".join(words[1] for words in named)
        return {"en": f"{english} not on record", "zh": f"没有{chinese}的记录"}
    met = {one.currency for one in (base, tuned) if one is not None}
    met.update(one for one in currencies if one is not None)
    if len(met) > 1:
        both = ", ".join(sorted(met))
        return {"en": f"prices in {both} are not compared", "zh": f"{both} 的价格不作比较"}
    return {"en": "", "zh": ""}


def _sums(call: Call) -> tuple[str, str]:
    return spoken(call.base, call.currency), spoken(call.tuned, call.currency)


def dearer(call: Call) -> Words:
    """Why the tuned model never saves, and from how many few-shot tokens on it would."""
    base, tuned = _sums(call)
    shots = call.few_shot_tokens
    line: Words
    if call.saved == 0:
        line = {
            "en": f"a call costs {tuned} with either model",
            "zh": f"两种模型每次调用都是 {tuned}",
        }
    else:
        more = spoken(-call.saved, call.currency)
        line = {
            "en": f"a tuned call is {more} dearer: {tuned} against {base} with "
            f"{_tokens(shots)} of examples",
            "zh": f"微调后每次调用贵 {more}：{tuned}，"
            f"而基础模型加 {shots:,} 个示例 token 为 {base}",
        }
    if not call.example_token:
        return line
    bare = call.base - shots * call.example_token
    enough = floor(Fraction(call.tuned - bare) / Fraction(call.example_token)) + 1
    return {
        "en": f"{line['en']}; it saves from {_tokens(enough)} of examples on",
        "zh": f"{line['zh']}；示例达到 {enough:,} 个 token 时才开始节省",
    }


def without_volume(call: Call, hosting: Decimal) -> Words:
    """What hosting needs, where nobody says how many calls are made."""
    alone, month = _covering(call, hosting)
    saved = spoken(call.saved, call.currency)
    return {
        "en": f"a call saves {saved}; hosting at {month} a month alone takes the savings of "
        f"{_calls(alone)} a month: it depends on how many are made",
        "zh": f"每次调用节省 {saved}；仅托管费每月 {month} 就需要每月 {alone:,} 次调用来抵消，"
        "结果取决于调用量",
    }


def without_price(call: Call) -> Words:
    """That hosting takes some of what is saved, and nobody knows how much."""
    saved = spoken(call.saved, call.currency)
    return {
        "en": f"a call saves {saved}; hosting is billed as long as the tuned model is up, at a "
        "price that is not on record: it depends on that",
        "zh": f"每次调用节省 {saved}；微调模型部署期间一直计费，价格没有记录：结果取决于该价格",
    }


def eaten(call: Call, hosting: Decimal, made: int) -> Words:
    """That hosting takes all that is saved."""
    alone, month = _covering(call, hosting)
    return {
        "en": f"hosting at {month} a month alone takes the savings of {_calls(alone)} a month, and "
        f"{made:,} {'is' if made == 1 else 'are'} made",
        "zh": f"仅托管费每月 {month} 就需要每月 {alone:,} 次调用来抵消，而实际为 {made:,} 次",
    }


def _covering(call: Call, hosting: Decimal) -> tuple[int, str]:
    """Calls a month whose savings cover the hosting, and the hosting in words."""
    return ceil(Fraction(hosting) / Fraction(call.saved)), spoken(hosting, call.currency)


def repaid(
    call: Call, training: Decimal, calls: int, months: Fraction | None, hosting: str | None
) -> Words:
    """When training is repaid, and by what."""
    base, tuned = _sums(call)
    saved, spent = spoken(call.saved, call.currency), spoken(training, call.currency)
    shots = call.few_shot_tokens
    en = (
        f"a call saves {saved} ({base} with {_tokens(shots)} of examples, {tuned} tuned): "
        f"{spent} of training is repaid after {_calls(calls)}"
    )
    zh = (
        f"每次调用节省 {saved}（基础模型加 {shots:,} 个示例 token 为 {base}，微调后 {tuned}）："
        f"{calls:,} 次调用后收回训练费 {spent}"
    )
    if months is not None:
        spelt = _spell(months)
        en += f", in {spelt} month{'' if spelt == '1' else 's'}"
        zh += f"，需 {_spell(months)} 个月".replace("under", "不足")
    if hosting is None:
        return {
            "en": f"{en}; hosting is not known and comes on top",
            "zh": f"{zh}；托管费未知，未计入",
        }
    if Decimal(hosting):
        month = spoken(hosting, call.currency)
        return {
            "en": f"{en}, hosting at {month} a month included",
            "zh": f"{zh}，已含每月托管费 {month}",
        }
    return {"en": en, "zh": zh}


def too_late(why: Words, days_left: int) -> Words:
    """The same line, for a model that ends before."""
    return {
        "en": f"{why['en']}; but its tuned versions stop answering in {_days(days_left)}",
        "zh": f"{why['zh']}；但其微调模型 {days_left:,} 天后停止回答",
    }


def a_day(why: Words, calls: int, days_left: int) -> Words:
    """The same line, with how many calls a day that takes before the model ends."""
    each = ceil(Fraction(calls, days_left))
    return {
        "en": f"{why['en']}; its tuned versions stop answering in {_days(days_left)}: "
        f"{_calls(each)} a day",
        "zh": f"{why['zh']}；其微调模型 {days_left:,} 天后停止回答，即每天 {each:,} 次调用",
    }


def _days(number: int) -> str:
    return f"{number:,} day{'' if number == 1 else 's'}"


def _calls(number: int) -> str:
    return f"{number:,} call{'' if number == 1 else 's'}"


def _tokens(number: int) -> str:
    return f"{number:,} token{'' if number == 1 else 's'}"


def _spell(months: Fraction) -> str:
    if months < Fraction(1, 10):
        return "under 0.1"
    return f"{float(months):,.1f}".removesuffix(".0")
