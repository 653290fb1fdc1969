# SPDX-License-Identifier: Apache-2.0
"""The first section of a page about one data set: what it is, how large, how sound."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from evalkit.estimation.profile_facts import Profile
from evalkit.estimation.profile_spread import Spread
from evalkit.estimation.profile_words import (
    listed,
    many,
    method_name,
    number,
    percent,
    remarks,
    size,
)
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, same, say
from evalkit.report.stats_spreads import chart_of

__all__ = ["overview"]

_PACKAGE = "evalkit.report"


def overview(profile: Profile, text: Text, heading: str) -> Markup:
    """The name of the set, four cards, what stands out.

    Args:
        profile: What is shown.
        text: The language that the page opens in.
        heading: Element of the first line.
    """
    rows, file = profile.rows, profile.file
    about: list[Phrase] = [same(profile.layout or "–"), method_name(profile.method)]
    if file is not None:
        about.append(same(", ".join(filter(None, [file.container, file.packing, file.encoding]))))
        about.append(same(size(file.bytes)))
    tokens = profile.tokens
    return fill(
        _PACKAGE,
        "stats_overview.html",
        text=text,
        p=profile,
        heading=Markup(heading),  # noqa: S704 - ours
        path=data(profile.path, 120),
        about=about,
        rows_title=_noun(rows.usable, "usable row", "usable rows", "行可用"),
        tokens_title=_noun(tokens.example.sum, "token", "tokens", "个 token") if tokens else None,
        soundness=_soundness(profile),
        size=_size(profile),
        turns=_turns(profile),
        lines=_in_short(profile),
        remarks=remarks(profile),
    )


def _noun(n: int, one: str, more: str, zh: str) -> Phrase:
    return say(f"{{n}} {one if n == 1 else more}", f"{{n}} {zh}", n=count(n))


def _soundness(profile: Profile) -> list[tuple[str, Phrase]]:
    rows = profile.rows
    return [
        ("bad" if rows.broken else "", _noun(rows.broken, "broken", "broken", "行损坏")),
        (
            "bad" if rows.unread else "",
            _noun(rows.unread, "without a conversation", "without a conversation", "行没有对话"),
        ),
        (
            "warn" if profile.repeated_rows.copies else "",
            _noun(profile.repeated_rows.copies, "copy of another", "copies of others", "行重复"),
        ),
    ]


def _size(profile: Profile) -> dict[str, object]:
    """The second card: how long an example is."""
    if profile.tokens is not None:
        spread: Spread | None = profile.tokens.example
        title = say("Tokens of an example", "每行 token 数")
    else:
        spread = profile.characters.example if profile.characters else None
        title = say("Characters of an example", "每行字符数")
    if spread is None:
        return {"title": title, "big": "–", "line": "", "chart": ""}
    line = say(
        "in the middle; 95% have at most {p}, the longest {m}",
        "为中位数；95% 不超过 {p}，最长 {m}",
        p=number(spread.p95),
        m=count(spread.max),
    )
    return {
        "title": title,
        "big": number(spread.median),
        "line": line,
        "chart": chart_of(spread, title),
    }


def _turns(profile: Profile) -> Phrase:
    if profile.conversations is None:
        return same("–")
    turns = profile.conversations.turns
    if turns.min == turns.max:
        return _noun(turns.max, "turn", "turns", "轮")
    return say("{a} … {b} turns", "{a} … {b} 轮", a=count(turns.min), b=count(turns.max))


def _in_short(profile: Profile) -> Iterator[Phrase]:
    if profile.conversations is not None:
        first = profile.conversations.shapes[:1]
        for shape in first:
            yield say("{s}: {p}", "{s}：{p}", s=data(shape.name, 80), p=percent(shape.share))
    if profile.languages.answers:
        yield say("answers: {l}", "回答：{l}", l=listed(profile.languages.answers[:3]))
    system = profile.system
    if not system.rows:
        yield say("no system prompts", "没有系统提示")
    else:
        yield say(
            "one system prompt" if system.different == 1 else "{n} system prompts",
            "{n} 种系统提示",
            n=many(system.different),
        )
