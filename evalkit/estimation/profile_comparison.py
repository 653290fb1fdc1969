# SPDX-License-Identifier: Apache-2.0
"""Several profiles side by side: one line for each figure, one column for each file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.profile_facts import Profile
from evalkit.estimation.profile_overlap import Overlap
from evalkit.estimation.profile_spread import Counted, Spread
from evalkit.estimation.profile_text import Style, aligned
from evalkit.estimation.profile_words import language_name, number, percent
from evalkit.page.phrase import Phrase, same, say

__all__ = ["Line", "comparison", "comparison_text", "overlap_text", "short_names"]

_LABELS = 20
_RARE = 0.01  # share of a language in every file below which it gets no line


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of every file.

    Attributes:
        label: What it is.
        values: One for each file.
    """

    label: Phrase
    values: tuple[str, ...]


def short_names(profiles: Sequence[Profile]) -> list[str]:
    """Names of the files; whole paths where two names are the same."""
    names = [PurePath(one.path).name for one in profiles]
    if len(set(names)) < len(names):
        names = [one.path for one in profiles]
    return [printable(name) for name in names]


def comparison(profiles: Sequence[Profile]) -> Iterator[Line]:
    """The figures that tell data sets apart."""

    def line(label: Phrase, figure: Callable[[Profile], str]) -> Line:
        return Line(label, tuple(map(figure, profiles)))

    yield line(say("usable rows", "可用行"), lambda one: f"{one.rows.usable:,}")
    if any(one.rows.broken + one.rows.unread for one in profiles):
        yield line(
            say("unusable records", "不可用记录"),
            lambda one: f"{one.rows.broken + one.rows.unread:,}",
        )
    yield line(say("layout", "格式"), lambda one: one.layout or "–")
    if any(one.tokens for one in profiles):
        yield line(
            say("tokens", "token 总数"),
            lambda one: f"{one.tokens.example.sum:,}" if one.tokens else "–",
        )
        yield line(
            say("tokens of an example, median (p95)", "每行 token：中位（95%）"),
            lambda one: _middle(one.tokens.example if one.tokens else None),
        )
    for role in ("user", "assistant"):
        yield line(
            say("characters of {r}, median (p95)", "{r} 字符数：中位（95%）", r=role),
            lambda one, role=role: _middle(  # type: ignore[misc]
                one.characters.roles.get(role) if one.characters else None
            ),
        )
    yield line(
        say("turns, median (p95)", "轮次：中位（95%）"),
        lambda one: _middle(one.conversations.turns if one.conversations else None),
    )
    yield line(
        say("with a system prompt", "有系统提示"),
        lambda one: percent(one.system.rows / one.rows.usable),
    )
    yield from _shares(
        [one.languages.questions for one in profiles],
        say("questions: ", "提问："),
        language_name,
        _RARE,
    )
    yield from _shares(
        [one.languages.answers for one in profiles],
        say("answers: ", "回答："),
        language_name,
        _RARE,
    )
    yield from _shares([one.answers.labels for one in profiles], say("label ", "标签 "), same)


def _middle(one: Spread | None) -> str:
    return "–" if one is None else f"{number(one.median)} ({number(one.p95)})"


def _shares(
    kinds: Sequence[Sequence[Counted]],
    before: Phrase,
    named: Callable[[str], Phrase],
    least: float = 0.0,
) -> Iterator[Line]:
    """A line for each kind, the most frequent in any file first; – in a file that has none at all.

    Args:
        kinds: Of each file.
        before: What the label begins with.
        named: The name of a kind.
        least: Share that a kind must have in a file.
    """
    tables = [{one.name: one.share for one in column} for column in kinds]
    most = {
        name: max(table.get(name, 0.0) for table in tables) for table in tables for name in table
    }
    most = {name: share for name, share in most.items() if share >= least}
    for name in sorted(most, key=lambda name: (-most[name], name))[:_LABELS]:
        yield Line(
            say("{a}{b}", "{a}{b}", a=before, b=named(name)),
            tuple(percent(table.get(name, 0.0)) if table else "–" for table in tables),
        )


def overlap_text(one: Overlap, names: dict[str, str]) -> Phrase:
    """What two files have in common, in a sentence; empty where it is nothing."""
    if not (one.rows or one.questions):
        return same("")
    return say(
        "{q} of {b} ask what a row of {a} asks; {r} of them stand there as they are",
        "{b} 中有 {q} 行与 {a} 的某行提问相同，其中 {r} 行完全一样",
        a=names[one.first],
        b=names[one.second],
        q=say("{n} row" if one.questions == 1 else "{n} rows", "{n}", n=f"{one.questions:,}"),
        r=f"{one.rows:,}",
    )


def comparison_text(
    profiles: Sequence[Profile],
    common: Sequence[Overlap],
    *,
    language: Language,
    width: int,
    style: Style,
) -> str:
    """Lines for the terminal.

    Args:
        profiles: Two or more.
        common: What every two of them have in common.
        language: Of the words.
        width: Columns of the terminal.
        style: How to colour.
    """
    names = short_names(profiles)
    labels = [clipped(line.label.plain(language), 38) for line in comparison(profiles)]
    room = (width - max(map(columns, labels))) // len(names) - 2
    rows = [["", *(_ended(name, max(8, room)) for name in names)]]
    rows += [
        [label, *line.values] for label, line in zip(labels, comparison(profiles), strict=True)
    ]
    lines = aligned(rows, width, right=tuple(range(1, len(rows[0]))))
    told = dict(zip((one.path for one in profiles), names, strict=True))
    found = [text for one in common if (text := overlap_text(one, told))]
    head, *body = lines
    parts = [style(say("side by side", "对比").plain(language), "head"), style(head, "soft"), *body]
    if found:
        parts += ["", *(style(f"! {text.plain(language)}", "bad") for text in found)]
    else:
        nothing = say("no row of one asks what a row of another asks", "各文件之间没有相同的提问")
        parts += ["", nothing.plain(language)]
    return "\n".join(parts)


def _ended(name: str, width: int) -> str:
    """The name, cut at its beginning: files of one set mostly differ at the end."""
    while columns(name) > width:
        name = "…" + name.lstrip("…")[1:]
    return name
