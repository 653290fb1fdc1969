# SPDX-License-Identifier: Apache-2.0
"""Several models side by side: a table that fits the terminal, and notes below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.cost import EXACT, money, spoken
from evalkit.estimation.outlook import Estimation, Outlook
from evalkit.estimation.profile_text import Style, aligned
from evalkit.estimation.profile_words import counted
from evalkit.estimation.text_facts import about, files_of
from evalkit.estimation.text_lines import shortened, wrapped
from evalkit.estimation.text_money import on_own_machines
from evalkit.estimation.text_notes import fit_of, mark_of, notes, repays
from evalkit.page.phrase import Phrase, joined, same, say

__all__ = ["Column", "cells", "heads", "signs", "sums_up", "table_text", "total"]

_DASH = "–"
_MODEL = 12  # columns that a model's name has at least


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table.

    Attributes:
        key: Its name in the code.
        head: Its name.
        right: Whether it holds numbers.
        rank: The higher, the sooner it is left out of a narrow terminal; 0 = it stays.
    """

    key: str
    head: Phrase
    right: bool = False
    rank: int = 0


_COLUMNS = (
    Column("target", say("target", "目标")),
    Column("model", say("model", "模型")),
    Column("rows", say("rows", "数据")),
    Column("epochs", say("epochs", "轮数"), right=True, rank=2),
    Column("billed", say("tokens", "token 数"), right=True, rank=5),
    Column("cost", say("training", "训练费用"), right=True),
    Column("total", say("total", "总计"), right=True),
    Column("answers", say("tuned in/out", "微调后输入/输出"), right=True, rank=1),
    Column("hosting", say("hosting/month", "托管/月"), right=True, rank=6),
    Column("repaid", say("repaid after", "回本需"), rank=3),
    Column("last", say("no job from", "停止接单"), rank=4),
    Column("retires", say("retires", "停用")),
)


def heads(whole: Estimation) -> tuple[Column, ...]:
    """The columns of the table, from left to right: those that were asked for among them."""
    spared = {
        "total": any(map(sums_up, whole)),
        "repaid": any(map(repays, whole)),
    }
    return tuple(one for one in _COLUMNS if spared.get(one.key, True))


def sums_up(outlook: Outlook) -> bool:
    """Whether more than training was asked for: days of hosting, or an evaluation."""
    return outlook.hosting.days is not None or _evaluated(outlook)


def _evaluated(outlook: Outlook) -> bool:
    return outlook.evaluation is not None and outlook.evaluation.rows_of in ("asked", "file")


def total(outlook: Outlook) -> tuple[str, str] | None:
    """Training and what was asked for with it: a decimal string and its currency.

    None = a part of it is not known, or they are in different currencies: nothing is converted.
    """
    cost, kept = outlook.cost, outlook.hosting
    if cost is None:
        return None
    parts: list[tuple[str | None, str]] = [(cost.amount, cost.currency)]
    if kept.days is not None:
        parts.append((kept.total, cost.currency if kept.price is None else kept.price.currency))
    if outlook.evaluation is not None and _evaluated(outlook):
        asked = outlook.evaluation.cost
        parts.append((asked.total, asked.currency or cost.currency))
    if any(one is None or currency != cost.currency for one, currency in parts):
        return None
    with localcontext(EXACT):
        return money(sum((Decimal(one) for one, _ in parts if one), Decimal(0))), cost.currency


def cells(outlook: Outlook, whole: Estimation) -> dict[str, str]:
    """What stands in each column, by its key."""
    estimate, card, language = outlook.estimate, outlook.model, whole.language
    end, today = outlook.closing, whole.today
    return {
        "target": printable(card.target),
        "model": printable(card.name.rpartition("/")[2]),  # `--model` takes that, too
        "rows": _fits(outlook).plain(language),
        "epochs": f"{estimate.epochs.number}",
        "billed": _tokens(outlook),
        "cost": _cost(outlook, whole).plain(language),
        "total": _total(outlook, whole).plain(language),
        "answers": _answers(outlook),
        "hosting": _hosting(outlook).plain(language),
        "repaid": _repaid(outlook).plain(language),
        "last": _last(outlook, today).plain(language),
        "retires": f"{end.retires}" if end is not None and end.retires else _DASH,
    }


def table_text(result: Estimation, *, width: int, style: Style) -> Iterator[str]:
    """Lines for a terminal."""
    language = result.language
    head = files_of(result.outlooks[0].estimate)
    yield style(shortened(head, width), "head")
    yield from wrapped(about(result.outlooks[0].estimate).plain(language), width)
    yield ""
    rows = [cells(outlook, result) for outlook in result]
    kept, narrow = _kept(heads(result), rows, width, language)
    if (over := _width(kept, rows, language) - width) > 0:
        longest = max(columns(row["model"]) for row in rows)
        room = max(_MODEL, longest - over)
        rows = [{**row, "model": clipped(row["model"], room)} for row in rows]
    lines = aligned(
        [[one.head.plain(language) for one in kept], *([row[c.key] for c in kept] for row in rows)],
        width,
        right=tuple(at for at, one in enumerate(kept) if one.right),
    )
    yield style(lines[0], "head")
    for outlook, line in zip(result, lines[1:], strict=True):
        able = outlook.offer.reads and (outlook.fit is None or not outlook.fit.errors)
        yield line if able else style(line, "soft")
    if narrow:
        yield from (style(line, "soft") for line in wrapped(_narrow(narrow, language), width))
    found = list(notes(result))
    if found:
        yield ""
    for note in found:
        first, *more = wrapped(note.plain(language), width - 2)
        yield f"- {first}"
        yield from (f"  {line}" for line in more)


def _kept(
    every: Sequence[Column], rows: Sequence[dict[str, str]], width: int, language: Language
) -> tuple[list[Column], list[Column]]:
    """The columns that there is room for, and those that there is none for."""
    told = [one for one in every if not one.rank or {row[one.key] for row in rows} != {_DASH}]
    if len({row["target"] for row in rows}) == 1:
        told = told[1:]
    kept = [one for one in told if not one.rank]
    short = [{**row, "model": clipped(row["model"], _MODEL)} for row in rows]
    if any(one.key == "total" for one in kept) and _width(kept, short, language) > width:
        kept = [one for one in kept if one.key != "rows"]  # a sum that was asked for comes first
    for column in sorted(told, key=lambda one: one.rank):
        if column.rank and _width([*kept, column], rows, language) <= width:
            kept.append(column)
    return [one for one in told if one in kept], [one for one in told if one not in kept]


def _width(kept: Sequence[Column], rows: Sequence[dict[str, str]], language: Language) -> int:
    widths = (
        max(columns(one.head.plain(language)), *(columns(row[one.key]) for row in rows))
        for one in kept
    )
    return sum(widths) + 2 * (len(kept) - 1)


def _narrow(left: Sequence[Column], language: Language) -> str:
    names = joined([one.head for one in left], en=", ", zh="、")
    return say("a wider terminal also shows: {n}", "更宽的终端还会显示：{n}", n=names).plain(
        language
    )


def _fits(outlook: Outlook) -> Phrase:
    if not outlook.offer.reads:
        return say("convert first", "需先转换")
    return fit_of(outlook.fit)


def _tokens(outlook: Outlook) -> str:
    return f"{mark_of(outlook)}{outlook.estimate.billed_tokens:,}"


def _cost(outlook: Outlook, whole: Estimation) -> Phrase:
    """Of the training; with as many places as the whole column needs."""
    cost, hourly = outlook.cost, outlook.model.training_per_hour
    if cost is not None:
        return same(signs(outlook) + _rounded(cost.amount, cost.currency, _places(whole)))
    if hourly is not None:
        price = spoken(hourly.usd_per_hour, hourly.currency)
        return say("{p} an hour", "每小时 {p}", p=price)
    if on_own_machines(outlook.model):
        return say("own machines", "自有机器")
    return say("not known", "未知")


def signs(outlook: Outlook) -> str:
    """What stands before the sum of a job: `≥` = it may cost more, `~` = counted about right."""
    least = outlook.cost is not None and outlook.cost.minimum_applied
    return _least(outlook) + ("" if least else mark_of(outlook))


def _total(outlook: Outlook, whole: Estimation) -> Phrase:
    found = total(outlook)
    if found is None:
        return say("not known", "未知")
    return same(_least(outlook) + mark_of(outlook) + _rounded(*found, _places(whole)))


def _least(outlook: Outlook) -> str:
    return "≥" if any(doubt.more for doubt in outlook.doubts) else ""


def _repaid(outlook: Outlook) -> Phrase:
    even = outlook.break_even
    if even is None or even.verdict == "unknown":
        return same(_DASH)
    if even.verdict == "never" or even.calls is None:
        return say("never", "不会")
    if even.months is None:
        return say("{c}", "{c} 次调用", c=counted(even.calls, "call"))
    months = f"{even.months:,.1f}".removesuffix(".0") if even.months >= 0.1 else "0.1"
    least = "< " if even.months < 0.1 else ""
    return say(
        "{c}, {l}{m} month{s}",
        "{c} 次调用，{l}{m} 个月",
        c=counted(even.calls, "call"),
        l=least,
        m=months,
        s="" if months == "1" else "s",
    )


def _places(whole: Estimation) -> int:
    amounts = [Decimal(one.cost.amount) for one in whole if one.cost is not None]
    return 4 if any(0 < amount < 1 for amount in amounts) else 2


def _rounded(amount: str, currency: str, places: int) -> str:
    shown = f"{Decimal(amount):,.{places}f}"
    return f"${shown}" if currency == "USD" else f"{shown} {currency}"


def _answers(outlook: Outlook) -> str:
    tuned = outlook.model.tuned_inference
    if tuned is None:
        return _DASH
    return " / ".join(spoken(price, tuned.currency) for price in (tuned.input, tuned.output))


def _hosting(outlook: Outlook) -> Phrase:
    kept = outlook.hosting
    if kept.kind == "free":
        return say("free", "免费")
    if kept.billed is not None:
        return say("billed", "计费")
    if kept.price is None or kept.per_month is None:
        return same(_DASH)
    return same(_rounded(kept.per_month, kept.price.currency, 2))


def _last(outlook: Outlook, today: date) -> Phrase:
    end = outlook.closing
    if end is None or end.last_training is None:
        return same(_DASH)
    day = end.last_training.isoformat()
    return say("{d}, over", "{d} 已过", d=day) if end.last_training <= today else same(day)
