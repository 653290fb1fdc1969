# SPDX-License-Identifier: Apache-2.0
"""Distributions and shares for the terminal: bars of block characters, or of ASCII."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.facts import Estimate, Shares
from evalkit.estimation.profile_spread import Bin, Spread
from evalkit.estimation.profile_text import HEADS, Style, aligned
from evalkit.estimation.profile_words import percent, short
from evalkit.estimation.text_lines import shortened
from evalkit.page.phrase import Phrase, say

__all__ = ["bar", "histogram", "lengths", "outliers", "parts", "share_lines", "times_of"]

_BLOCKS = " ▏▎▍▌▋▊▉█"  # eighths
_LINES = 12  # of a histogram: neighbours are joined until it has no more
_WIDEST = 48  # columns of a bar
_ROLES = 8
_PARTS = (
    ("system", say("system prompts", "系统提示")),
    ("tools", say("tool definitions", "工具定义")),
    ("user", say("user", "用户")),
    ("assistant", say("assistant", "助手")),
    ("results", say("tool results", "工具结果")),
    ("others", say("other roles", "其他角色")),
    ("images", say("images", "图片")),
    ("frame", say("roles and marks", "角色与标记")),
)


def bar(share: float, width: int, *, ascii_only: bool = False) -> str:
    """A bar of at most `width` columns; something is always shown where there is something.

    Args:
        share: Of the longest one, in [0, 1].
        width: Columns of the longest one.
        ascii_only: Draw with `#`, for terminals that know no others.
    """
    if share <= 0 or width < 1:
        return ""
    if ascii_only:
        return "#" * max(1, round(share * width))
    eighths = max(1, round(share * width * 8))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_BLOCKS[rest] if rest else "")


def lengths(estimate: Estimate, language: Language, width: int, style: Style) -> list[str]:
    """Quantiles of tokens and turns, a line each."""
    rows = [[say("tokens", "token 数").plain(language), *(h.plain(language) for h in HEADS)]]
    for name, spread in _spreads(estimate):
        label = name.plain(language) if isinstance(name, Phrase) else clipped(printable(name), 20)
        rows.append([f"  {label}", *map(short, _values(spread))])
    if len(rows) == 1:
        return []
    if estimate.turns is not None:
        turns = say("turns", "轮次").plain(language)
        rows.append([turns, *map(short, _values(estimate.turns))])
    first, *rest = aligned(rows, width, right=tuple(range(1, 9)))
    return [style(first, "head"), *rest]


def _spreads(estimate: Estimate) -> list[tuple[Phrase | str, Spread]]:
    if estimate.example is None:
        return []
    named: list[tuple[Phrase | str, Spread]] = [(say("example", "整行"), estimate.example)]
    return [*named, *list(estimate.roles.items())[:_ROLES]]


def _values(one: Spread) -> tuple[float, ...]:
    return (one.min, one.p5, one.p25, one.median, one.p75, one.p95, one.max, one.mean)


def histogram(
    spread: Spread, language: Language, width: int, style: Style, *, ascii_only: bool = False
) -> list[str]:
    """How many examples have how many tokens, a bar for each range."""
    if spread.min == spread.max:
        return []
    bins = _joined(spread.histogram)
    most = max(one.count for one in bins)
    dash = "-" if ascii_only else "–"
    ranges = [
        f"{one.low:,}" if one.high - one.low == 1 else f"{one.low:,}{dash}{one.high - 1:,}"
        for one in bins
    ]
    left = max(map(len, ranges))
    right = max(len(f"{one.count:,}") for one in bins)
    room = min(_WIDEST, width - left - right - 6)
    title = say("tokens of an example", "每条样本的 token 数").plain(language)
    return [
        style(title, "head"),
        *(
            f"  {name:>{left}}  {one.count:>{right},}  "
            f"{bar(one.count / most, room, ascii_only=ascii_only)}".rstrip()
            for name, one in zip(ranges, bins, strict=True)
        ),
    ]


def _joined(bins: Sequence[Bin]) -> list[Bin]:
    """Neighbours joined, equally many each, so that there are few lines."""
    step = -(-len(bins) // _LINES)
    groups = [bins[at : at + step] for at in range(0, len(bins), step)]
    return [Bin(one[0].low, one[-1].high, sum(each.count for each in one)) for one in groups]


def parts(shares: Shares) -> list[tuple[Phrase, int, float]]:
    """What each part of the bill is: its name, its tokens, its share; without empty ones."""
    every = [(name, int(getattr(shares, key))) for key, name in _PARTS]
    whole = sum(tokens for _, tokens in every)
    return [(name, tokens, tokens / whole) for name, tokens in every if tokens]


def share_lines(
    estimate: Estimate, language: Language, width: int, style: Style, *, ascii_only: bool = False
) -> list[str]:
    """Where the billed tokens of an epoch go, a bar for each part."""
    found = sorted(parts(estimate.shares), key=lambda one: -one[1])
    if not found:
        return []
    names = [name.plain(language) for name, _, _ in found]
    numbers = [f"{tokens:,}" for _, tokens, _ in found]
    rates = [percent(share) for _, _, share in found]
    left, middle, right = (max(map(columns, cells)) for cells in (names, numbers, rates))
    room = min(_WIDEST, width - left - middle - right - 8)
    lines = [style(say("where the tokens go", "token 的去向").plain(language), "head")]
    for name, number, rate, (_, tokens, _) in zip(names, numbers, rates, found, strict=True):
        drawn = bar(tokens / found[0][1], room, ascii_only=ascii_only)
        padded = name + " " * (left - columns(name))
        lines.append(f"  {padded}  {number:>{middle}}  {rate:>{right}}  {drawn}".rstrip())
    return lines


def times_of(times: float) -> Phrase:
    """How much longer than the median."""
    number = f"{times:,.1f}".removesuffix(".0")
    return say("{n} x the median", "中位数的 {n} 倍", n=number)


def outliers(estimate: Estimate, language: Language, width: int, style: Style) -> list[str]:
    """The rows that are far longer than the others."""
    if not estimate.outliers:
        return []
    rows = [
        [printable(str(one.location)), f"{one.tokens:,}", times_of(one.times).plain(language)]
        for one in estimate.outliers
    ]
    beside = max(columns(tokens) for _, tokens, _ in rows) + max(columns(t) for *_, t in rows) + 6
    rows = [[shortened(where, width - beside), *more] for where, *more in rows]
    title = say("far longer than the rest", "远长于其余的样本").plain(language)
    return [
        style(title, "head"),
        *(f"  {line}" for line in aligned(rows, width - 2, right=(1,))),
    ]
