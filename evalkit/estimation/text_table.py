# SPDX-License-Identifier: Apache-2.0
"""Several models side by side: a table that fits the terminal, and notes below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from evalkit.core.printable import clipped, columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.cost import spoken
from evalkit.estimation.outlook import Estimation, Fit, Outlook, Unlisted
from evalkit.estimation.profile_text import Style, aligned, wrapped
from evalkit.estimation.text_fact import NOTHING
from evalkit.estimation.text_facts import about, files_of, left_out
from evalkit.page.phrase import Phrase, joined, same, say

__all__ = ["Column", "cells", "fit_of", "heads", "notes", "table_text"]

_DASH = "–"
_MODEL = 16  # columns that a model's name has at least


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
    Column("epochs", say("epochs", "轮数"), right=True, rank=5),
    Column("billed", say("tokens", "计费 token"), right=True, rank=3),
    Column("cost", say("training", "训练费用"), right=True),
    Column("answers", say("tuned in/out", "微调后输入/输出"), right=True, rank=1),
    Column("hosting", say("hosting/month", "托管/月"), right=True, rank=4),
    Column("last", say("last job", "训练截止"), rank=2),
    Column("retires", say("retires", "停用")),
)


def heads() -> tuple[Column, ...]:
    """The columns of the table, from left to right."""
    return _COLUMNS


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
        "answers": _answers(outlook),
        "hosting": _hosting(outlook).plain(language),
        "last": _last(outlook, today).plain(language),
        "retires": f"{end.retires}" if end is not None and end.retires else _DASH,
    }


def table_text(result: Estimation, *, width: int, style: Style) -> Iterator[str]:
    """Lines for a terminal."""
    language = result.language
    head = files_of(result.outlooks[0].estimate)
    yield style(head, "head")
    yield from wrapped(about(result.outlooks[0].estimate).plain(language), width)
    yield ""
    rows = [cells(outlook, result) for outlook in result]
    kept, narrow = _kept(rows, width, language)
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
    rows: Sequence[dict[str, str]], width: int, language: Language
) -> tuple[list[Column], list[Column]]:
    """The columns that there is room for, and those that there is none for."""
    told = [one for one in _COLUMNS if not one.rank or {row[one.key] for row in rows} != {_DASH}]
    if len({row["target"] for row in rows}) == 1:
        told = told[1:]
    kept = [one for one in told if not one.rank]
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


def fit_of(fit: Fit | None) -> Phrase:
    """Whether rows that are read are fit, in a word."""
    if fit is None:
        return say("not linted", "未检查")
    if not fit.errors:
        return say("fit", "合格")
    return say("1 error" if fit.errors == 1 else "{n} errors", "{n} 个错误", n=f"{fit.errors:,}")


def _tokens(outlook: Outlook) -> str:
    return f"{_about(outlook)}{outlook.estimate.billed_tokens:,}"


def _about(outlook: Outlook) -> str:
    return "~" if outlook.estimate.counting.texts == "approximate" else ""


def _cost(outlook: Outlook, whole: Estimation) -> Phrase:
    """Of the training; with as many places as the whole column needs."""
    cost, hourly = outlook.cost, outlook.model.training_per_hour
    if cost is not None:
        about = "" if cost.minimum_applied else _about(outlook)
        return same(about + _rounded(cost.amount, cost.currency, _places(whole)))
    if hourly is not None:
        price = spoken(hourly.usd_per_hour, hourly.currency)
        return say("{p} an hour", "每小时 {p}", p=price)
    return say("not known", "未知")


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
    if kept.price is None or kept.per_month is None:
        return same(_DASH)
    return same(_rounded(kept.per_month, kept.price.currency, 2))


def _last(outlook: Outlook, today: date) -> Phrase:
    end = outlook.closing
    if end is None or end.last_training is None:
        return same(_DASH)
    day = end.last_training.isoformat()
    return say("{d}, over", "{d} 已过", d=day) if end.last_training <= today else same(day)


def notes(result: Estimation) -> Iterator[Phrase]:
    """What should be known with the table, a sentence each."""
    outlooks = result.outlooks
    if rough := [one.estimate.counting for one in outlooks if _about(one)]:
        known = [one.error for one in rough if one.error is not None]
        within = say("within about {e} %", "误差约 {e} %", e=f"{100 * max(known, default=0):.2g}")
        some = say(" where that is known", "（部分未知）") if len(known) < len(rough) else NOTHING
        yield say(
            "~ counted by another tokenizer, {w}{s}: --tokenizer FILE counts exactly",
            "~ 用其他分词器计数，{w}{s}；--tokenizer 文件可精确计数",
            w=within if known else say("error not known", "误差未知"),
            s=some if known else NOTHING,
        )
    if least := [one for one in outlooks if one.cost is not None and one.cost.minimum_applied]:
        yield say(
            "the least sum of a job, more than the tokens cost: {n}",
            "单个任务的最低费用，高于 token 费用：{n}",
            n=_models(least, result),
        )
    if unpriced := [one for one in outlooks if one.cost is None]:
        yield say(
            "no training price by tokens is on record: {n}",
            "没有按 token 的训练价格记录：{n}",
            n=_models(unpriced, result),
        )
    if closed := [one for one in outlooks if one.closing and one.closing.state in _CLOSED]:
        yield say("closed to new customers: {n}", "不接受新客户：{n}", n=_models(closed, result))
    if old := [one for one in outlooks if "training" in one.offer.old and one.cost is not None]:
        dates = [one.cost.as_of for one in old if one.cost is not None]
        yield say(
            "training prices over 180 days old (the oldest of {d}): {n}",
            "训练价格已超过 180 天（最早 {d}）：{n}",
            d=min(dates).isoformat(),
            n=_models(old, result),
        )
    if result.unlisted:
        yield say(
            "train on this layout too, no model on record: {n}",
            "也可用此格式训练，没有模型记录：{n}",
            n=_unlisted(result.unlisted),
        )
    if result.unread:
        files = files_of(outlooks[0].estimate)
        first = result.unread[0]
        yield say(
            "do not read this layout: {n}: evalkit convert {f} converted.jsonl --to {t}",
            "不读取此格式：{n}；先转换：evalkit convert {f} converted.jsonl --to {t}",
            n=joined([same(one) for one in result.unread], en=", ", zh="、"),
            f=files,
            t=first if len(result.unread) == 1 else "TARGET",
        )
    if fact := left_out(outlooks[0].estimate):
        yield say("{l}: {v} ({b})", "{l}：{v}（{b}）", l=fact.label, v=fact.value, b=fact.basis)
    if result.outlooks[0].fit is not None and any(one.fit and one.fit.errors for one in outlooks):
        files = files_of(outlooks[0].estimate)
        yield say(
            "why rows do not fit: evalkit lint {f} --target TARGET",
            "不合格的原因：evalkit lint {f} --target 目标",
            f=files,
        )


def _unlisted(targets: Sequence[Unlisted]) -> Phrase:
    """`axolotl, trl (fit); mistral (3 errors)`."""
    groups: dict[Phrase | None, list[str]] = {}
    for one in targets:
        groups.setdefault(None if one.fit is None else fit_of(one.fit), []).append(one.target)
    shown = []
    for fit, names in groups.items():
        listed = joined([same(name) for name in names], en=", ", zh="、")
        shown.append(listed if fit is None else say("{n} ({f})", "{n}（{f}）", f=fit, n=listed))
    return joined(shown, en="; ", zh="；")


_CLOSED = frozenset({"new-customers-closed"})


def _models(outlooks: Sequence[Outlook], whole: Estimation) -> Phrase:
    """Target by target; all of a target's models are named by the target alone."""
    named: dict[str, list[str]] = {}
    for one in outlooks:
        named.setdefault(one.model.target, []).append(one.model.name)
    every = Counter(one.model.target for one in whole)
    shown = []
    for target, models in named.items():
        if len(models) == every[target]:
            shown.append(same(target))
            continue
        few = ", ".join(name.rpartition("/")[2] for name in models[:2])
        more = f" + {len(models) - 2}" if len(models) > 2 else ""
        shown.append(same(printable(f"{target} {few}{more}")))
    return joined(shown, en="; ", zh="；")
