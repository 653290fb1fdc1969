# SPDX-License-Identifier: Apache-2.0
"""What a failed comparison shows: the interval, how much is lacking, the worst rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from evalkit.core.strings import Language
from evalkit.evaluation.wording import amount, range_of
from evalkit.pytest_plugin.numbers import Change, End, Number
from evalkit.pytest_plugin.settings import settings_of
from evalkit.pytest_plugin.worst import broken_lines, worst_lines

__all__ = ["explained", "lacking", "seen"]

_TURNED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "==", "!=": "!="}
_WORDS = {
    "short": ("short by {v}", "差 {v}"),
    "over": ("over by {v}", "超出 {v}"),
    "off": ("off by {v}", "相差 {v}"),
    "points": ("{v} points", "{v} 个百分点"),
    "flips": ("{f} fixed, {b} broken", "改对 {f} 行，变错 {b} 行"),
    "needed": ("about {n} rows in all would decide it", "总共约需 {n} 行才能判定"),
    "worst": ("worst rows:", "最差的行："),
    "broken": ("broken:", "变差的行："),
    "noise": (
        "~ the interval contains the bound: with other rows it might go the other way",
        "~ 区间包含界限：换一批数据，结论可能改变",
    ),
    "left": ("{k} rows are not scored", "{k} 行没有得分"),
}


def explained(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Lines for a comparison of which one side is a measure; None where neither is."""
    if isinstance(left, Number | End):
        value, bound = left, right
    elif isinstance(right, Number | End) and op in _TURNED:
        value, bound, op = right, left, _TURNED[op]
    else:
        return None
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        return None
    language = settings_of(config).language
    number = value.number if isinstance(value, End) else value
    name = f"{number.name}.{value.end}" if isinstance(value, End) else number.name
    return [
        f"{name} {op} {float(bound):.12g}",
        *(f"  {line}" for line in _about(number, language)),
        *(f"  {line}" for line in _missing(value, number, op, float(bound), language)),
        *(f"  {line}" for line in _rows(number, language)),
    ]


def seen(number: Number, language: Language) -> str:
    """`90.0 % (86.7 … 92.6), n = 400 (wilson, 95 %)`."""
    at = number.interval
    value = amount(at.value, number.unit)
    ends = range_of(at, number.unit)
    if isinstance(number, Change) and number.unit == "share" and value != "–":
        value = _word("points", language, v=f"{at.value * 100:+.1f}")
        ends = f"{at.low * 100:+.1f} … {at.high * 100:+.1f}" if ends else ""
    method = f" ({at.method}, {at.confidence * 100:g} %)" if at.method and ends else ""
    return f"{value} ({ends}), n = {at.n}{method}" if ends else f"{value}, n = {at.n}"


def lacking(value: float, op: str, bound: float, unit: str, language: Language) -> str:
    """`short by 2.0 points`: what is missing to the bound."""
    gap = abs(value - bound)
    if unit == "share":
        # Never "by 0.0 points": what fails by little is told as little.
        points = gap * 100
        shown = _word("points", language, v=f"{points:.1f}" if points >= 0.05 else f"{points:.2g}")
    else:
        shown = f"{gap:.4g}"
    key = {">=": "short", ">": "short", "<=": "over", "<": "over"}.get(op, "off")
    return _word(key, language, v=shown)


def _about(number: Number, language: Language) -> Sequence[str]:
    lines = [f"{number.name} = {seen(number, language)}"]
    if number.interval.left_out:
        lines.append(_word("left", language, k=number.interval.left_out))
    if isinstance(number, Change):
        if number.fixed is not None:
            lines.append(_word("flips", language, f=number.fixed, b=number.broken))
        if number.needed is not None:
            lines.append(_word("needed", language, n=f"{number.needed:,}"))
    return lines


def _missing(
    value: float, number: Number, op: str, bound: float, language: Language
) -> Sequence[str]:
    plain = float.__pos__(value)
    lines = [lacking(plain, op, bound, number.unit, language)] if plain == plain else []  # noqa: PLR0124
    at = number.interval
    if not isinstance(value, End) and op not in ("==", "!=") and at.low <= bound <= at.high:
        lines.append(_word("noise", language))
    return lines


def _rows(number: Number, language: Language) -> Sequence[str]:
    where = () if number.slice == "all" else (tuple(number.slice.split("=", 1)),)
    conditions = [(pair[0], pair[1]) for pair in where if len(pair) == 2]
    if isinstance(number, Change):
        lines = broken_lines(number.run, number.model, number.other, language, where=conditions)
        head = "broken"
    else:
        lines = worst_lines(number.run, number.model, number.metric, language, where=conditions)
        head = "worst"
    return [_word(head, language), *lines] if lines else []


def _word(key: str, language: Language, **values: object) -> str:
    return _WORDS[key][language == "zh"].format(**values)
