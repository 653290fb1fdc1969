# SPDX-License-Identifier: Apache-2.0
"""How long the rows of an estimate are, and where their tokens go."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from evalkit.core.printable import printable
from evalkit.estimation.facts import Estimate
from evalkit.estimation.profile_words import percent
from evalkit.estimation.text_bars import parts, times_of
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, same, say
from evalkit.report.data_page import Part
from evalkit.report.stats_spreads import chart_of, figures_of, quantiles, spread_tables

__all__ = ["chart", "tokens_part"]

_ROLES = 20
_NAMED = 20  # rows that are named


def chart(estimate: Estimate) -> Markup:
    """A histogram of tokens per example; nothing where all have the same."""
    spread = estimate.example
    if spread is None or spread.min == spread.max:
        return Markup()
    return chart_of(spread, say("Tokens of an example", "每行 token 数"))


def tokens_part(estimate: Estimate, text: Text) -> Part | None:
    """The section of lengths, shares and long rows; None without examples."""
    if estimate.example is None:
        return None
    named = [(say("example", "整行"), estimate.example)]
    named += [(same(data(role, 40)), one) for role, one in list(estimate.roles.items())[:_ROLES]]
    lines = [(name, quantiles(one)) for name, one in named]
    tables = [(say("Tokens", "token 数"), lines)]
    if estimate.turns is not None:
        turns = [(say("conversation", "每个对话"), quantiles(estimate.turns))]
        tables.append((say("Turns", "轮次"), turns))
    note = same("")
    if left := max(0, len(estimate.roles) - _ROLES):
        note = say("{n} more roles are left out.", "另有 {n} 种角色未列出。", n=count(left))
    body = spread_tables(text, note, tables, figures_of(named))
    body += _shares(estimate, text) + _long_rows(estimate, text)
    return Part("tokens", say("Tokens of the rows", "样本的 token"), body)


def _shares(estimate: Estimate, text: Text) -> Markup:
    found = sorted(parts(estimate.shares), key=lambda one: -one[1])
    items = [(name, share, percent(share), count(tokens)) for name, tokens, share in found]
    title, head = say("Where the tokens go", "token 的去向"), say("Part", "构成")
    return fill(
        "evalkit.report",
        "stats_lists.html",
        text=text,
        note=same(""),
        lists=[(title, head, items, same(""))] if items else [],
        facts=(),
    )


def _long_rows(estimate: Estimate, text: Text) -> Markup:
    """Rows that are cut off, and rows far longer than the rest, with their places."""
    cut = [
        (data(printable(str(row.location)), 120), (count(row.tokens), count(row.lost)))
        for row in estimate.cut_rows[:_NAMED]
    ]
    far = [
        (data(printable(str(row.location)), 120), (count(row.tokens), times_of(row.times)))
        for row in estimate.outliers[:_NAMED]
    ]
    where, tokens = (say("Row", "样本"), False), (say("Tokens", "token 数"), True)
    body = Markup()
    if cut:
        lost = (say("Answer tokens lost", "丢失的回答 token"), True)
        title = say("Over the limit", "超过上限")
        body += _table(text, title, [where, tokens, lost], cut, estimate.over_long - len(cut))
    if far:
        times = (say("How much longer", "长多少"), True)
        title = say("Far longer than the rest", "远长于其余的样本")
        body += _table(text, title, [where, tokens, times], far, 0)
    return body


def _table(
    text: Text,
    title: Phrase,
    heads: Sequence[tuple[Phrase, bool]],
    rows: Sequence[tuple[Markup, Sequence[object]]],
    left: int,
) -> Markup:
    more = say("and {n} more", "另有 {n} 条", n=count(left))
    table = fill(
        "evalkit.report",
        "stats_table.html",
        text=text,
        title=title,
        note=same(""),
        heads=heads,
        rows=rows,
        remarks=[("open", more)] if left > 0 else [],
    )
    return Markup("<h3>{}</h3>{}").format(title, table)
