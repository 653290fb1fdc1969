# SPDX-License-Identifier: Apache-2.0
"""What a gate that did not pass still needs: by how much it misses and what would decide it.

One line each in English and Chinese. An amount is in the metric's unit: points for shares.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

__all__ = ["Line", "amount_words", "joined", "more_rows", "number_of", "say"]

Line = Mapping[str, str]  # "en", "zh"

_UNITS = {
    "share": ("points", "个百分点"),
    "ms": ("ms", "毫秒"),
    "characters": ("characters", "个字符"),
    "tokens": ("tokens", "个 token"),
    "usd": ("USD per 1,000 answers", "美元（每千次回答）"),
    "score": ("", ""),
}
_WORDS = {
    "nothing": ("", ""),
    "not_measured": ("not measured: {why}", "没有测得：{why}"),
    "not_judged": ("not judged: {en}", "未评判：{zh}"),
    "rows": ("about {n} more rows would decide it", "大约再有 {n} 行数据才能判定"),
    "few_rows": ("a few more rows would decide it", "再有几行数据就能判定"),
    "rows_against": (
        "as it stands, about {n} more rows would rather fail it",
        "照目前的结果，再有大约 {n} 行更可能判为不通过",
    ),
    "against": (
        "as it stands, more rows would rather fail it",
        "照目前的结果，再多的数据更可能判为不通过",
    ),
    "no_rows": (
        "this set shows no difference; no number of rows is known to decide it",
        "这组数据看不出差别，无法估计还需要多少行",
    ),
    "worse": ("it is worse by {a}", "结果更差，差 {a_zh}"),
    "gain": ("it gains {a} at most, {b} are asked", "最多只提高 {a_zh}，要求 {b_zh}"),
    "lost": (
        "it is worse by {a}, by {c} at best; {b} are allowed",
        "差 {a_zh}，最好也差 {c_zh}；只允许 {b_zh}",
    ),
    "may_lose": (
        "it may be worse by {a}; {b} are allowed",
        "可能差 {a_zh}，只允许 {b_zh}",
    ),
    "short": ("short by {a}", "差 {a_zh}"),
    "over": ("over by {a}", "超出 {a_zh}"),
    "short_end": ("its {end} end is short by {a}", "区间{end_zh}差 {a_zh}"),
    "over_end": ("its {end} end is over by {a}", "区间{end_zh}超出 {a_zh}"),
    "all_short": ("the whole range is short", "整个区间都不够"),
    "all_over": ("the whole range is over", "整个区间都超出"),
    "up": ("{k} more of {n} rows would pass it", "{n} 行中再多 {k} 行即可通过"),
    "down": ("{k} fewer of {n} rows would pass it", "{n} 行中减少 {k} 行即可通过"),
    "not_equal": ("it is on the bound, which is not enough", "恰在界限上，还不够"),
}
_ENDS = {"low": "下端", "high": "上端"}


def say(key: str, **values: object) -> Line:
    """One phrase in both languages.

    Args:
        key: Of the phrase.
        values: What it holds; amounts as `amount_words` gives them, under the name in English
            and with `_zh` in Chinese.
    """
    if "end" in values:
        values["end_zh"] = _ENDS[str(values["end"])]
    en, zh = _WORDS[key]
    # Reasons may quote data: they are put in as values, never read as templates.
    return {"en": en.format(**values), "zh": zh.format(**values)}


def joined(*lines: Line) -> Line:
    """Several phrases as one line."""
    known = [line for line in lines if line["en"]]
    return {
        "en": "; ".join(line["en"] for line in known),
        "zh": "；".join(line["zh"] for line in known),
    }


def amount_words(name: str, amount: float, unit: str) -> dict[str, str]:
    """An amount in both languages, under `name` and `name_zh`."""
    if unit == "times":
        return {name: f"{amount:.2f}x", f"{name}_zh": f"{amount:.2f} 倍"}
    en, zh = _UNITS.get(unit, (unit.upper(), unit.upper()))
    number = number_of(amount, unit)
    return {name: f"{number} {en}".strip(), f"{name}_zh": f"{number} {zh}".strip()}


def number_of(amount: float, unit: str) -> str:
    """The digits of an amount: tenths of points, three digits else; never a 0 that is none."""
    if unit == "share":
        points = amount * 100
        return f"{points:.1f}" if points >= 0.05 or points == 0 else f"{points:.2g}"
    return f"{amount:,.0f}" if abs(amount) >= 1000 else f"{amount:.3g}"


def more_rows(needed: int | None, n: int, *, against: bool = False) -> Line:
    """About how many rows more than n would decide it."""
    if needed is None:
        return say("against" if against else "no_rows")
    more = needed - n
    if more <= 0:
        return say("against" if against else "few_rows")
    rounded = ceil(more / 10) * 10 if more > 20 else more
    return say("rows_against" if against else "rows", n=f"{rounded:,}")
