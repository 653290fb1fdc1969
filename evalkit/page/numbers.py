# SPDX-License-Identifier: Apache-2.0
"""Numbers as people read them: shares in per cent, their differences in points, money, chance."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from math import floor, isfinite, log10

from evalkit.core.measure import Interval
from evalkit.core.printable import excerpt
from evalkit.page.phrase import Phrase, same, say

__all__ = ["amount", "bare", "between", "chance", "change", "count", "ends", "money"]

NONE = "–"
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "JPY": "JP¥"}
_WORDS = {  # one, more, Chinese
    "tokens": ("token", "tokens", "个 token"),
    "characters": ("character", "characters", "个字符"),
    "ms": ("ms", "ms", "毫秒"),
    "times": ("times", "times", "倍"),
}


def bare(value: float, unit: str, *, signed: bool = False) -> str:
    """The number alone: a share in per cent with one decimal, others with three digits or so.

    Args:
        value: In the unit; NaN and infinity give an en dash.
        unit: As in `Measure`.
        signed: Write "+" too.
    """
    if not isfinite(value):
        return NONE
    shown = value * 100 if unit == "share" else value
    digits = 1 if unit == "share" else _digits(shown, unit)
    shown = round(shown, digits)
    text = f"{abs(shown):,.{digits}f}"
    if shown == 0:
        return text
    return ("−" if shown < 0 else "+" if signed else "") + text


def amount(value: float, unit: str) -> Phrase:
    """A value with its unit: "90.7%", "$0.42", "312 ms", "0.713"."""
    text = bare(value, unit)
    if text == NONE:
        return same(NONE)
    if unit == "share":
        return same(f"{text}%")
    if unit.upper() in _SYMBOLS:
        return same(money(repr(value), unit.upper()))
    return _with_word(text, unit)


def change(value: float, unit: str) -> Phrase:
    """A difference with its unit and sign: "+14.3 points", "+14.3 个百分点"."""
    text = bare(value, unit, signed=True)
    if text == NONE:
        return same(NONE)
    if unit == "share":
        return say("{n} point" if text[1:] == "1.0" else "{n} points", "{n} 个百分点", n=text)
    if unit.upper() in _SYMBOLS:
        sign = text[0] if text[0] in "+−" else ""
        return same(sign + money(repr(abs(value)), unit.upper()))
    return _with_word(text, unit)


def ends(interval: Interval, unit: str, *, signed: bool = False) -> str:
    """The two ends of an interval without unit: "86.2 to 93.9"; an en dash where none exists."""
    if not (isfinite(interval.low) and isfinite(interval.high)):
        return NONE
    low, high = (bare(x, unit, signed=signed) for x in (interval.low, interval.high))
    return f"{low} … {high}"


def between(interval: Interval, unit: str, *, signed: bool = False) -> Phrase:
    """The interval in words: "between +9.7 and +19.4"; empty where none exists."""
    if not (isfinite(interval.low) and isfinite(interval.high)):
        return same("")
    low, high = (bare(x, unit, signed=signed) for x in (interval.low, interval.high))
    percent = "%" if unit == "share" and not signed else ""
    return say(
        "between {low} and {high}",
        "在 {low} 与 {high} 之间",
        low=f"{low}{percent}",
        high=f"{high}{percent}",
    )


def money(value: str, currency: str) -> str:
    """A decimal string as money: cents, and two significant digits below ten cents."""
    try:
        exact = Decimal(value)
    except InvalidOperation:
        return NONE
    if not exact.is_finite():
        return NONE
    step = Decimal("0.01")
    if exact and abs(exact) < Decimal("0.1"):
        step = Decimal(1).scaleb(exact.adjusted() - 1)
    text = f"{exact.quantize(step, ROUND_HALF_EVEN):,f}"
    symbol = _SYMBOLS.get(currency)
    return f"{symbol}{text}" if symbol else f"{text} {excerpt(currency, 8)}"


def chance(p: float) -> Phrase:
    """How often luck alone shows as much: "less than 1 in 10,000", "about 1 in 40"."""
    if not isfinite(p):
        return same("")
    if p < 0.0001:
        return say("less than 1 in 10,000", "不到万分之一")
    if p > 0.4:
        return say("more often than 2 in 5", "超过五分之二")
    rounded = _two_digits(1 / p)
    return say("about 1 in {n}", "约 {n} 分之一", n=f"{rounded:,}")


def count(n: int) -> str:
    """A count with commas."""
    return f"{n:,}"


def _with_word(text: str, unit: str) -> Phrase:
    if unit not in _WORDS:
        return same(text)
    one, more, zh = _WORDS[unit]
    return say("{n} {word}", "{n} {zh}", n=text, word=one if text == "1.0" else more, zh=zh)


def _digits(value: float, unit: str) -> int:
    if unit in ("tokens", "characters", "ms"):
        return 0 if abs(value) >= 100 else 1
    if unit == "times":
        return 2
    if value == 0:
        return 3
    return max(0, min(6, 2 - floor(log10(abs(value))))) if abs(value) < 1000 else 0


def _two_digits(x: float) -> int:
    step = 10 ** max(0, floor(log10(x)) - 1)
    return int(round(x / step) * step)
