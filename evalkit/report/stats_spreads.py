# SPDX-License-Identifier: Apache-2.0
"""Distributions on a page about a data set: quantiles in tables, and histograms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from markupsafe import Markup

from evalkit.estimation.profile_facts import Profile
from evalkit.estimation.profile_spread import Spread
from evalkit.estimation.profile_words import number, tokens_note
from evalkit.page import charts
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, same, say

__all__ = ["chart_of", "figures_of", "lengths", "quantiles", "spread_tables"]

_PACKAGE = "evalkit.report"
_HEADS = (
    say("least", "最小"), say("5%", "5%"), say("25%", "25%"), say("median", "中位"),
    say("75%", "75%"), say("95%", "95%"), say("most", "最大"), say("mean", "平均"),
    say("count", "数量"),
)  # fmt: skip


def lengths(profile: Profile, text: Text) -> Markup:
    """The section of lengths: a table and charts for tokens, and for characters."""
    tables, figures = [], []
    for title, example, roles in _measured(profile):
        named = [(say("example", "整行"), example), *((_role(n), one) for n, one in roles)]
        tables.append((title, [(name, quantiles(one)) for name, one in named]))
        figures += figures_of(
            (say("{t}: {n}", "{t}：{n}", t=title, n=name), one) for name, one in named
        )
    return spread_tables(text, _lengths_note(profile), tables, figures)


def _measured(
    profile: Profile,
) -> Iterator[tuple[Phrase, Spread, Sequence[tuple[str, Spread]]]]:
    if profile.tokens is not None:
        tokens = profile.tokens
        yield say("Tokens", "token 数"), tokens.example, list(tokens.roles.items())
    if profile.characters is not None:
        characters = profile.characters
        yield say("Characters", "字符数"), characters.example, list(characters.roles.items())


def _lengths_note(profile: Profile) -> Phrase:
    quantiles = say(
        "Quantiles are interpolated linearly: half of all values are at most the median, 95% at "
        "most the one under 95%.",
        "分位数为线性插值：一半的值不超过中位数，95% 的值不超过“95%”一列。",
    )
    if profile.tokens is None:
        return quantiles
    return say("Tokens by {n}. {q}", "token 按 {n}。{q}", n=tokens_note(profile), q=quantiles)


def spread_tables(
    text: Text, note: Phrase, tables: Sequence[object], figures: Sequence[object]
) -> Markup:
    """Tables of quantiles and charts below them, with a note above."""
    return fill(
        _PACKAGE,
        "stats_lengths.html",
        text=text,
        note=note,
        heads=_HEADS,
        tables=tables,
        charts_=figures,
        unit_head=say("Values", "取值"),
    )


def _role(name: str) -> Phrase:
    return same(data(name, 40))


def quantiles(one: Spread) -> list[str]:
    """The figures under the heads of a table."""
    exact = (one.min, one.p5, one.p25, one.median, one.p75, one.p95, one.max, one.mean, one.count)
    return [number(value) for value in exact]


def figures_of(
    named: Iterable[tuple[Phrase, Spread]],
) -> list[tuple[Phrase, Phrase, Markup, list[tuple[str, str]]]]:
    """A chart for each that has more than one value."""
    return [_figure(name, one) for name, one in named if one.min < one.max]


def _figure(name: Phrase, one: Spread) -> tuple[Phrase, Phrase, Markup, list[tuple[str, str]]]:
    growing = say("bins grow to the right", "区间向右递增") if one.scale == "log" else same("")
    bins = [
        (count(b.low) if b.high == b.low + 1 else f"{b.low:,} … {b.high - 1:,}", count(b.count))
        for b in one.histogram
        if b.count
    ]
    return name, growing, chart_of(one, name), bins


def chart_of(one: Spread, name: Phrase) -> Markup:
    """A histogram that says in words what it shows."""
    described = say(
        "{t}, {n} values from {a} to {b}, median {m}",
        "{t}，{n} 个值，从 {a} 到 {b}，中位数 {m}",
        t=name, n=count(one.count), a=count(one.min), b=count(one.max), m=number(one.median),
    )  # fmt: skip
    return charts.histogram([(b.low, b.high, b.count) for b in one.histogram], described)
