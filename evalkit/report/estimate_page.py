# SPDX-License-Identifier: Apache-2.0
"""An estimate becomes one HTML page: pure, so the same estimate gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from markupsafe import Markup

from evalkit.core.strings import Language
from evalkit.estimation.cost import spoken
from evalkit.estimation.outlook import Estimation, Outlook
from evalkit.estimation.text import also_at, closing_line, others_line
from evalkit.estimation.text_facts import about, facts, files_of
from evalkit.estimation.text_notes import fit_of, mark_of, notes
from evalkit.estimation.text_table import signs, sums_up, total
from evalkit.page.markup import data, fill
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, Text, same, say
from evalkit.report.data_page import Part, data_page
from evalkit.report.estimate_targets import targets_parts
from evalkit.report.estimate_tokens import chart, tokens_part

__all__ = ["estimate_page"]

_MODELS = 40  # whose every line is on the page


def estimate_page(result: Estimation, *, language: Language | None = None) -> str:
    """The whole self-contained HTML file.

    Args:
        result: What was reckoned; its texts are hostile data and are only ever shown as text.
        language: The one that the page opens in; None = the result's. Both are in it.

    Returns:
        Deterministic text, ready to be written as UTF-8.
    """
    text = Text(language or result.language)
    first = result.outlooks[0]
    parts = [Part("overview", say("Overview", "概览"), _overview(result, text), headed=False)]
    if result.compared:
        parts += targets_parts(result, text)
        parts += _each(result, text)
    else:
        parts.append(Part("facts", say("The job", "训练任务"), _facts(first, result, text)))
    if tokens := tokens_part(first.estimate, text):
        parts.append(tokens)
    name = data(", ".join(path.rpartition("/")[2] for path, _ in first.estimate.files), 60)
    title = say("{f} · evalkit estimate", "{f} · 训练估算", f=name)
    return data_page(title, parts, language=text.language, finds=result.compared)


def _overview(result: Estimation, text: Text) -> Markup:
    estimate = result.outlooks[0].estimate
    word, why = _headline(result)
    return fill(
        "evalkit.report",
        "estimate_overview.html",
        text=text,
        paths=data(files_of(estimate), 300),
        about=about(estimate),
        tone=_tone(result),
        word=word,
        why=why,
        cards=[*(_cards_compared(result) if result.compared else _cards(result))],
        remarks=[*_remarks(result)],
    )


def _tone(result: Estimation) -> str:
    first = result.outlooks[0]
    if first.closing is not None and first.closing.state in ("no-jobs", "gone"):
        return "dont_ship"
    return "not_proven" if first.cost is None or first.doubts else "measured"


def _headline(result: Estimation) -> tuple[Phrase, Phrase]:
    """What it costs, of several what the cheapest costs; and on what."""
    first = result.outlooks[0]
    price = _price(first)
    short = first.model.name.rpartition("/")[2]
    on = data(f"{short} ({first.model.target})", 80)
    if not result.compared:
        return price, say("· training {m}", "· 训练 {m}", m=on)
    if (whole := total(first)) is not None and sums_up(first):
        price = say("{p} in all", "合计 {p}", p=same(f"{signs(first)}{spoken(*whole)}"))
    least = say("from {p}", "最低 {p}", p=price) if first.cost is not None else price
    n = {"n": count(len(result)), "m": on}
    return least, say("· {m}, first of {n} models", "· {m}，共比较 {n} 个模型", **n)


def _price(outlook: Outlook) -> Phrase:
    cost, hourly = outlook.cost, outlook.model.training_per_hour
    if cost is not None:
        price = same(f"{mark_of(outlook)}{spoken(cost.amount, cost.currency)}")
        if any(doubt.more for doubt in outlook.doubts):
            return say("at least {p}", "至少 {p}", p=price)
        return price
    if hourly is not None:
        each = spoken(hourly.usd_per_hour, hourly.currency)
        return say("{p} an hour", "每小时 {p}", p=each)
    return say("price not known", "价格未知")


def _cards(result: Estimation) -> Iterator[dict[str, object]]:
    """Of one model: tokens and epochs, what is cut off, until when."""
    outlook = result.outlooks[0]
    estimate = outlook.estimate
    yield {
        "tag": say("Tokens trained on", "训练 token"),
        "big": f"{mark_of(outlook)}{estimate.billed_tokens:,}",
        "lines": [
            _some(estimate.epochs.number, "epoch", "轮"),
            _some(estimate.steps, "step", "步")
            if estimate.steps is not None
            else say("steps not known", "步数未知"),
        ],
        "chart": chart(estimate),
    }
    n = {"n": count(estimate.over_long), "l": count(estimate.longest)}
    yield {
        "tag": say("Too long", "超长样本"),
        "big": n["n"],
        "bad": bool(estimate.over_long),
        "lines": [
            say("the longest has {l} tokens", "最长 {l} 个 token", **n),
            say("training limit {t}", "训练上限 {t}", t=_limit(estimate.job.limit)),
        ],
        "chart": Markup(),
    }
    yield _until(outlook)


def _some(number: int, noun: str, zh: str) -> Phrase:
    return say(f"{{n}} {noun}{'' if number == 1 else 's'}", f"{{n}} {zh}", n=count(number))


def _until(outlook: Outlook) -> dict[str, object]:
    """The dates of a model."""
    end = outlook.closing
    lines = []
    if end is not None and end.last_training:
        lines.append(say("no job from {d}", "{d} 起不接任务", d=end.last_training.isoformat()))
    if end is not None and end.new_customers_until:
        closed = say("no new customers from {d}", "{d} 起不接新客户",
                     d=end.new_customers_until.isoformat())  # fmt: skip
        lines.append(closed)
    retires = end.retires.isoformat() if end is not None and end.retires else None
    return {
        "tag": say("Tuned models answer until", "微调模型可用至"),
        "big": retires or say("no end announced", "未公布停用日期"),
        "bad": end is not None and end.state in ("no-jobs", "gone"),
        "lines": lines,
        "chart": Markup(),
    }


def _limit(limit: int | None) -> Phrase:
    return same(count(limit)) if limit is not None else say("not known", "未知")


def _cards_compared(result: Estimation) -> Iterator[dict[str, object]]:
    """Of several: how many are priced and take the rows, the span of prices, the rows."""
    able = [one for one in result if one.offer.reads and (one.fit is None or not one.fit.errors)]
    targets = dict.fromkeys(one.model.target for one in result)
    yield {
        "tag": say("Models that take the rows", "可接收数据的模型"),
        "big": f"{count(len(able))} / {count(len(result))}",
        "lines": [
            say("of {n} targets", "来自 {n} 个目标", n=count(len(targets))),
            say(
                "{n} more targets do not read this layout",
                "另有 {n} 个目标不读取此格式",
                n=count(len(result.unread)),
            ),
        ],
        "chart": Markup(),
    }
    first = result.outlooks[0]
    yield {
        "tag": say("First in the table", "表中第一个"),
        "big": _price(first),
        "lines": [same(data(f"{first.model.name} ({first.model.target})", 80)), fit_of(first.fit)],
        "chart": Markup(),
    }
    estimate = first.estimate
    yield {
        "tag": say("Examples", "样本"),
        "big": count(estimate.examples),
        "lines": [
            say("the longest has {l} tokens", "最长 {l} 个 token", l=count(estimate.longest))
        ],
        "chart": chart(estimate),
    }


def _remarks(result: Estimation) -> Iterator[tuple[str, Phrase]]:
    """What must be known before anything else."""
    first = result.outlooks[0]
    if not result.compared and first.closing is not None:
        end = first.closing
        tone = "bad" if end.state in ("no-jobs", "gone") else "warn"
        told = [closing_line(first.model.name, end, (), language=one) for one in ("en", "zh")]
        yield tone, Phrase(data(told[0]), data(told[1]))
        if first.others:
            files = files_of(first.estimate)
            lines = [others_line(first.others, files, one) for one in ("en", "zh")]
            yield "open", Phrase(data(lines[0], 600), data(lines[1], 600))
    if not result.compared and (elsewhere := also_at(first, result)):
        yield "open", elsewhere
    for doubt in first.doubts if not result.compared else ():
        yield "warn", doubt.said
    if result.compared:
        for note in notes(result):
            yield "open", note


def _facts(outlook: Outlook, whole: Estimation, text: Text) -> Markup:
    """Every line, with what it rests on and its date."""
    return fill("evalkit.report", "estimate_facts.html", text=text, facts=[*facts(outlook, whole)])


def _each(result: Estimation, text: Text) -> Iterator[Part]:
    """All lines of each model, folded away."""
    shown: Sequence[Outlook] = result.outlooks[:_MODELS]
    pieces = [
        Markup("<details><summary>{} · {}</summary>{}</details>").format(
            data(f"{one.model.name} ({one.model.target})", 100),
            _price(one),
            _facts(one, replace(result, compared=False), text),
        )
        for one in shown
    ]
    if left := len(result) - len(shown):
        more = say(
            "{n} more models stand in the table only: --model NAME tells all of one.",
            "另有 {n} 个模型只列于表中：--model 名称 可查看全部。",
            n=count(left),
        )
        pieces.append(Markup('<p class="soft">{}</p>').format(more))
    yield Part("each", say("Model by model", "逐个模型"), Markup("\n").join(pieces))
