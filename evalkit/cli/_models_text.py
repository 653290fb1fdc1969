# SPDX-License-Identifier: Apache-2.0
"""Models for people: a list that fits the terminal, and all of one model; text and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from evalkit.cli._models_facts import facts_of, price_of, state_words
from evalkit.core.markdown import quoted
from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.profile_text import aligned
from evalkit.estimation.text_lines import wrapped
from evalkit.page.phrase import Phrase, joined, say
from evalkit.targets.card import Source
from evalkit.targets.listing import Entry, ratio

__all__ = ["card_markdown", "card_text", "list_markdown", "list_text"]

_DASH = "–"
_BELOW = " " * 6
_LEAST = 12  # columns of a name
_OLD = "°"  # behind a price that is older than 180 days
_METHODS = {"sft": "sft", "preference": "pref", "rft": "rft", "completion": "compl"}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the list; the higher its rank, the sooner a narrow terminal leaves it out."""

    key: str
    head: Phrase
    right: bool = False
    rank: int = 0


_COLUMNS = (
    _Column("model", say("model", "模型")),
    _Column("methods", say("methods", "方法"), rank=3),
    _Column("training", say("training $/1M", "训练 $/百万"), right=True),
    _Column("tuned", say("tuned in / out", "微调后输入 / 输出"), right=True, rank=1),
    _Column("ratio", say("x base", "对基础模型倍数"), right=True, rank=4),
    _Column("last", say("no job from", "停止接单"), rank=2),
    _Column("retires", say("retires", "停用")),
    _Column("state", say("today", "现状")),
)


def list_text(
    found: Sequence[Entry], today: date, language: Language, *, width: int
) -> Iterator[str]:
    """Lines for a terminal of that width."""
    if not found:
        yield _nothing(language)
        return
    rows = [_cells(entry, today, language) for entry in found]
    kept, left = _fitting(rows, width, language)
    if (over := _taken(kept, rows, language) - width) > 0:  # the names give way to the dates
        room = max(columns(row["model"]) for row in rows) - over
        rows = [{**row, "model": clipped(row["model"], max(room, _LEAST))} for row in rows]
    heads = [one.head.plain(language) for one in kept]
    table = [heads, *([row[one.key] for one in kept] for row in rows)]
    right = [at for at, one in enumerate(kept) if one.right]
    head, *lines = aligned(table, width, right=right)
    yield head
    for title, group in groupby(zip(found, lines, strict=True), key=lambda pair: pair[0].target):
        yield ""
        yield f"{printable(title.title)} ({title.name})"
        yield from (line for _, line in group)
    yield ""
    for note in _notes(rows, left):
        yield from wrapped(note.plain(language), width)


def list_markdown(found: Sequence[Entry], today: date, language: Language) -> Iterator[str]:
    """A table for a comment or a page."""
    if not found:
        yield _nothing(language)
        return
    head = say("target", "目标").plain(language)
    yield f"| {' | '.join([head, *(one.head.plain(language) for one in _COLUMNS)])} |"
    yield f"| --- |{''.join(' ---: |' if one.right else ' --- |' for one in _COLUMNS)}"
    rows = [_cells(entry, today, language) for entry in found]
    for entry, row in zip(found, rows, strict=True):
        cells = [entry.target.name, *(row[one.key] for one in _COLUMNS)]
        yield f"| {' | '.join(map(quoted, cells))} |"
    yield ""
    for note in _notes(rows, []):
        yield f"{quoted(note.plain(language))}  "


def card_text(entry: Entry, today: date, language: Language, *, width: int) -> Iterator[str]:
    """All of one model, each figure with its basis below it."""
    yield _title(entry, language)
    for section, facts in facts_of(entry, today):
        yield ""
        yield section.plain(language)
        label_width = max(columns(fact.label.plain(language)) for fact in facts)
        indent = " " * (label_width + 4)
        for fact in facts:
            label = fact.label.plain(language)
            pad = " " * (label_width - columns(label))
            first, *more = wrapped(fact.value.plain(language), width - len(indent))
            yield f"  {label}{pad}  {first}"
            yield from (indent + line for line in more)
            below = _unbroken(fact.basis.plain(language), width - len(_BELOW))
            yield from (_BELOW + line for line in below)


def card_markdown(entry: Entry, today: date, language: Language) -> Iterator[str]:
    """All of one model as tables."""
    yield f"### {quoted(_title(entry, language))}"
    heads = (say("what", "项目"), say("value", "值"), say("basis", "依据"))
    for section, facts in facts_of(entry, today):
        yield ""
        yield f"**{section.plain(language)}**"
        yield ""
        yield f"| {' | '.join(one.plain(language) for one in heads)} |"
        yield "| --- | --- | --- |"
        for fact in facts:
            cells = (fact.label, fact.value, fact.basis)
            yield f"| {' | '.join(quoted(one.plain(language)) for one in cells)} |"


def _unbroken(text: str, width: int) -> Iterator[str]:
    """Lines cut at blanks only: an address that is longer stays whole."""
    line = ""
    for word in text.split():
        if line and columns(f"{line} {word}") > width:
            yield line
            line = word
        else:
            line = f"{line} {word}".lstrip()
    if line:
        yield line


def _title(entry: Entry, language: Language) -> str:
    words = state_words(entry.state).plain(language)
    return f"{printable(entry.card.name)} · {printable(entry.target.title)} · {words}"


def _nothing(language: Language) -> str:
    return say("no model is like that", "没有符合条件的模型").plain(language)


def _cells(entry: Entry, today: date, language: Language) -> dict[str, str]:
    card = entry.card
    times = ratio(card.tuned_inference, card.inference)
    return {
        "model": printable(card.name.rpartition("/")[2]),
        "methods": " ".join(_METHODS.get(name, printable(name)) for name in card.methods),
        "training": _training(entry, today, language),
        "tuned": _tuned(entry, today),
        "ratio": _times(times.input, times.output) if times is not None else _DASH,
        "last": f"{card.last_training}" if card.last_training else _DASH,
        "retires": f"{card.retires}" if card.retires else _DASH,
        "state": state_words(entry.state).plain(language),
    }


def _training(entry: Entry, today: date, language: Language) -> str:
    """The usual price, and how many others there are."""
    card = entry.card
    usual = card.training or (card.trainings[0] if card.trainings else None)
    if usual is not None:
        more = f" +{len(card.trainings) - 1}" if len(card.trainings) > 1 else ""
        shown = price_of(usual.usd_per_mtok, usual.currency)
        return shown + _mark(Source(usual.as_of, usual.source), today) + more
    hourly = card.training_per_hour
    if hourly is not None:
        shown = price_of(hourly.usd_per_hour, hourly.currency)
        mark = _mark(Source(hourly.as_of, hourly.source), today)
        return say("{p}/h", "{p}/小时", p=shown + mark).plain(language)
    return _DASH


def _tuned(entry: Entry, today: date) -> str:
    tuned = entry.card.tuned_inference
    if tuned is None:
        return _DASH
    shown = " / ".join(price_of(one, tuned.currency) for one in (tuned.input, tuned.output))
    return shown + _mark(Source(tuned.as_of, tuned.source), today)


def _times(given: str, written: str) -> str:
    return given if given == written else f"{given} / {written}"


def _mark(source: Source, today: date) -> str:
    return _OLD if source.old(today) else ""


def _notes(rows: Sequence[dict[str, str]], left: Sequence[_Column]) -> Iterator[Phrase]:
    values = [row[key] for row in rows for key in ("training", "tuned")]
    if any(_OLD in value for value in values):
        yield say(
            "{m} = said more than 180 days ago; evalkit models show MODEL tells when and by whom",
            "{m} 表示该价格已超过 180 天；evalkit models show MODEL 会列出日期与来源",
            m=_OLD,
        )
    if any(" +" in row["training"] for row in rows):
        yield say(
            "+n = so many further prices: other methods, tiers or kinds of training",
            "+n 表示另有 n 个价格：其他方法、档位或训练方式",
        )
    if any(_DASH in row.values() for row in rows):
        yield say("{d} = not known", "{d} 表示未知", d=_DASH)
    if left:
        names = joined([one.head for one in left], en=", ", zh="、")
        yield say("a wider terminal also shows: {n}", "更宽的终端还会显示：{n}", n=names)


def _fitting(
    rows: Sequence[dict[str, str]], width: int, language: Language
) -> tuple[list[_Column], list[_Column]]:
    """The columns that there is room for, and the others."""
    kept = [one for one in _COLUMNS if not one.rank]
    for column in sorted(_COLUMNS, key=lambda one: one.rank):
        if column.rank and _taken([*kept, column], rows, language) <= width:
            kept.append(column)
    return [one for one in _COLUMNS if one in kept], [one for one in _COLUMNS if one not in kept]


def _taken(kept: Sequence[_Column], rows: Sequence[dict[str, str]], language: Language) -> int:
    widths = (
        max(columns(one.head.plain(language)), *(columns(row[one.key]) for row in rows))
        for one in kept
    )
    return sum(widths) + 2 * (len(kept) - 1)
