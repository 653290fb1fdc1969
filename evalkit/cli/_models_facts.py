# SPDX-License-Identifier: Apache-2.0
"""What is known of one model, line by line: what is not known is said too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Literal

from evalkit.core.printable import printable
from evalkit.core.registry import names
from evalkit.data.recognise import layout
from evalkit.estimation.closing import trains
from evalkit.estimation.cost import spoken
from evalkit.estimation.profile_words import counted
from evalkit.estimation.text_fact import NOTHING, Fact, dated, row_of
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.targets.card import Answers, HourlyPrice, ImageRule, ModelCard, Price, Source
from evalkit.targets.job_rules import BatchRule, EpochRule, Training
from evalkit.targets.listing import Entry, State, ratio

__all__ = ["facts_of", "price_of", "state_words"]

Tone = Literal["", "warn", "bad"]

_UNKNOWN = say("not known", "未知")
_STATES = {
    "open": say("open", "可训练"),
    "closing": say("closing", "即将停止"),
    "closed": say("closed", "已停止"),
}
_METHODS = {
    "sft": say("supervised", "监督微调"),
    "preference": say("preference", "偏好"),
    "rft": say("reinforcement", "强化"),
    "completion": say("completion", "补全"),
}
_DATES = (
    ("new_customers_until", say("closed to new customers from", "不再接受新客户")),
    ("dormant_until", say("closed to the inactive from", "不再接受不活跃客户")),
    ("last_training", say("no new job from", "不再接受新任务")),
    ("retires", say("tuned models stop on", "微调模型停用")),
)
_CUTS = {
    "end": say("lose their end", "截去末尾"),
    "drop": say("are left out", "整条丢弃"),
    "refuse": say("fail the job", "任务失败"),
}
_PACKED = {
    "packed": say("tokens alone are billed", "只计实际 token"),
    "padded": say("each row is billed as the whole length", "每条按整段长度计费"),
}


def state_words(state: State) -> Phrase:
    """How a model stands, in a word."""
    return _STATES[state]


def price_of(amount: str, currency: str) -> str:
    """A price in a list: the dollar sign is left out."""
    shown = spoken(amount, currency)
    return shown.removeprefix("$")


def facts_of(entry: Entry, today: date) -> Iterator[tuple[Phrase, list[Fact]]]:
    """Sections and their lines, none of them empty."""
    card = entry.card
    sections = (
        (say("Model", "模型"), list(_model(entry, today))),
        (say("Dates", "日期"), list(_dates(card, today))),
        (say("Training", "训练"), list(_training(card, today))),
        (say("Answers, for 1,000,000 tokens", "推理（每百万 token）"), list(_answers(card, today))),
        (say("Keeping a tuned model up", "托管微调模型"), list(_hosting(card, today))),
        (
            say("Jobs at {t}", "{t} 的训练任务", t=printable(entry.target.title)),
            list(_jobs(entry.target.training, card, today)),
        ),
        (
            say("Notes", "说明"),
            [Fact(same(f"{at}"), same(note)) for at, note in enumerate(entry.target.notes, 1)],
        ),
    )
    yield from ((title, facts) for title, facts in sections if facts)


def _model(entry: Entry, today: date) -> Iterator[Fact]:
    card = entry.card
    ways = joined([_METHODS.get(name, same(name)) for name in card.methods], en=", ", zh="、")
    yield Fact(say("trained by", "训练方法"), ways)
    layouts = same(", ".join(_layouts(entry)))
    yield Fact(say("rows", "数据格式"), layouts or _UNKNOWN)
    yield Fact(
        say("tokenizer", "分词器"),
        same(card.encoding or card.tokenizer) if card.encoding or card.tokenizer else _UNKNOWN,
    )
    yield _figure(card, "context", say("context", "上下文"), today)
    yield _limit(entry, today)
    yield Fact(say("images", "图片"), *_images(card.images, today))


def _layouts(entry: Entry) -> list[str]:
    """The layouts of the target that are for what the model is trained by."""
    read, known = entry.target.formats, names("formats")
    return [one for one in read if one not in known or trains(entry.card, layout(one).method)]


def _figure(card: ModelCard, name: str, label: Phrase, today: date) -> Fact:
    value = getattr(card, name)
    if value is None:
        return Fact(label, _UNKNOWN)
    shown = f"{value:,}" if isinstance(value, int) else printable(str(value))
    return Fact(label, same(shown), *_basis(card.source_of(name), today))


def _limit(entry: Entry, today: date) -> Fact:
    label = say("longest row", "单条上限")
    of_all = entry.target.limits.get("training_limit")
    if entry.card.training_limit is None and of_all is not None:
        said = Source(entry.target.as_of, entry.target.source)
        return Fact(label, same(f"{of_all:,}"), *_basis(said, today))
    return _figure(entry.card, "training_limit", label, today)


def _basis(said: Source, today: date) -> tuple[Phrase, Tone]:
    return dated(said, today), "warn" if said.old(today) else ""


def _images(rule: ImageRule | None, today: date) -> tuple[Phrase, Phrase, Tone]:
    if rule is None:
        return _UNKNOWN, NOTHING, ""
    if rule.kind == "tiles":
        words = say(
            "{b} + {t} for each tile of 512 x 512",
            "{b} 个 token，每个 512×512 图块另加 {t}",
            b=counted(rule.base, "token"),
            t=f"{rule.tile:,}",
        )
    else:
        words = say(
            "{f} token{s} for each patch of 32 x 32, at most {p}",
            "每个 32×32 图块 {f} 个 token，最多 {p} 块",
            f=rule.factor,
            s="" if Decimal(rule.factor) == 1 else "s",
            p=say(
                "{n} patch" if rule.patches == 1 else "{n} patches", "{n}", n=f"{rule.patches:,}"
            ),
        )
    return words, *_basis(Source(rule.as_of, rule.source), today)


def _dates(card: ModelCard, today: date) -> Iterator[Fact]:
    told = False
    for name, label in _DATES:
        day: date | None = getattr(card, name)
        if day is None:
            continue
        told = True
        words = same(day.isoformat())
        if day <= today:
            words = say("{d}: over", "{d}：已过", d=words)
        yield Fact(label, words, dated(card.source_of(name), today), "bad" if day <= today else "")
    if not told:
        yield Fact(say("end", "停用"), say("none is known", "未见公告"))
    if card.replacement is not None:
        yield _figure(card, "replacement", say("named instead", "官方替代"), today)


def _training(card: ModelCard, today: date) -> Iterator[Fact]:
    for price in card.trainings:
        yield Fact(_which(price), _per_token(price), *_basis(_of(price), today))
    if (hourly := card.training_per_hour) is not None:
        words = say("{p} an hour", "每小时 {p}", p=spoken(hourly.usd_per_hour, hourly.currency))
        yield Fact(say("by time", "按时间"), words, *_basis(_of(hourly), today))
    if not card.trainings and card.training_per_hour is None:
        yield Fact(say("price", "价格"), _UNKNOWN)


def _of(price: Price | HourlyPrice | Answers) -> Source:
    return Source(price.as_of, price.source)


def _which(price: Price) -> Phrase:
    method = _METHODS.get(price.method or "", same(price.method or ""))
    named = row_of(method, same(price.tier or ""))
    return named or say("price", "价格")


def _per_token(price: Price) -> Phrase:
    words = say(
        "{p} for 1,000,000 tokens", "每百万 token {p}", p=spoken(price.usd_per_mtok, price.currency)
    )
    if price.minimum is None:
        return words
    least = spoken(price.minimum, price.currency)
    return row_of(words, say("{m} a job at least", "每次任务至少 {m}", m=least))


def _answers(card: ModelCard, today: date) -> Iterator[Fact]:
    for label, answers in (
        (say("base model", "基础模型"), card.inference),
        (say("tuned model", "微调模型"), card.tuned_inference),
    ):
        if answers is None:
            yield Fact(label, _UNKNOWN)
        else:
            yield Fact(label, _priced(answers), *_basis(_of(answers), today))
    if times := ratio(card.tuned_inference, card.inference):
        words = say(
            "input x {i}, output x {o}", "输入 {i} 倍，输出 {o} 倍", i=times.input, o=times.output
        )
        yield Fact(say("tuned to base", "微调对基础"), words)


def _priced(answers: Answers) -> Phrase:
    parts = [
        (say("input", "输入"), answers.input),
        (say("cached", "缓存"), answers.cached),
        (say("output", "输出"), answers.output),
        (say("batch input", "批量输入"), answers.batch_input),
        (say("batch output", "批量输出"), answers.batch_output),
    ]
    return row_of(
        *(
            say("{l} {p}", "{l} {p}", l=label, p=spoken(price, answers.currency))
            for label, price in parts
            if price is not None
        )
    )


def _hosting(card: ModelCard, today: date) -> Iterator[Fact]:
    for price in card.hosting:
        words = say("{p} an hour", "每小时 {p}", p=spoken(price.usd_per_hour, price.currency))
        label = same(price.tier) if price.tier else say("price", "价格")
        yield Fact(label, words, *_basis(_of(price), today))
    if card.hosting:
        return
    label = say("price", "价格")
    if card.hosting_free is None:
        yield Fact(label, _UNKNOWN)
        return
    free = say("nothing but its answers", "除推理外不收费")
    billed = say("billed; the price is not known", "收费，价格未知")
    basis = _basis(card.source_of("hosting_free"), today)
    yield Fact(label, free if card.hosting_free else billed, *basis)


def _jobs(training: Training, card: ModelCard, today: date) -> Iterator[Fact]:
    for name, label, words in _rules(training):
        said = training.source_of(name)
        yield Fact(label, words, *(_basis(said, today) if said is not None else ()))
    for one in training.timings:
        if one.model == card.name:
            words = say(
                "{n} took {s} s",
                "{n} 个 token 用时 {s} 秒",
                n=counted(one.tokens, "token"),
                s=f"{one.seconds:,}",
            )
            said = Source(one.as_of, one.source)
            yield Fact(say("a real job", "实际任务"), words, dated(said, today))


def _rules(training: Training) -> Iterator[tuple[str, Phrase, Phrase]]:
    """Name of each rule that is known, its label and its words."""
    if training.epochs is not None:
        yield "epochs", say("epochs", "轮数"), _epochs(training.epochs)
    if training.max_epochs is not None:
        yield "max_epochs", say("most epochs", "轮数上限"), same(f"{training.max_epochs:,}")
    if training.batch is not None:
        yield "batch", say("batch size", "批大小"), _batch(training.batch)
    if training.cut is not None:
        yield "cut", say("over-long rows", "超长样本"), _CUTS[training.cut]
    if training.validation is not None:
        free = say("not billed", "不计费")
        each = say("billed as training, each time", "每次按训练计费")
        words = free if training.validation == "free" else each
        yield "validation", say("validation", "验证"), words
    if training.evaluations is not None:
        number = f"{training.evaluations:,}"
        words = say("{n} a job where nobody says", "未指定时每次任务 {n} 次", n=number)
        yield "evaluations", say("validated", "验证次数"), words
    if training.packing is not None:
        yield "packing", say("packing", "打包"), _PACKED[training.packing]
    if training.unpacked is not None:
        yield "unpacked", say("packing off", "关闭打包时"), _PACKED[training.unpacked]


def _batch(rule: BatchRule) -> Phrase:
    if rule.default is not None:
        words = same(f"{rule.default:,}")
    else:
        words = say("{s} of the rows", "行数的 {s}", s=f"{float(rule.share or 0):.1%}")
    most = NOTHING if rule.most is None else say("at most {m}", "至多 {m}", m=f"{rule.most:,}")
    return row_of(words, most)


def _epochs(rule: EpochRule) -> Phrase:
    words = [say("{d} where nobody says", "未指定时 {d} 轮", d=rule.default)]
    if rule.min_seen is not None:
        words.append(
            say(
                "more for small sets, until {n} {are} seen",
                "小数据集增加到共看 {n} 条",
                n=counted(rule.min_seen, "row"),
                are="is" if rule.min_seen == 1 else "are",
            )
        )
    if rule.most is not None:
        words.append(say("at most {n}", "至多 {n} 轮", n=rule.most))
    if rule.max_seen is not None:
        words.append(
            say(
                "fewer for large ones, at most {n} seen",
                "大数据集减少到至多看 {n} 条",
                n=counted(rule.max_seen, "row"),
            )
        )
    return row_of(*words)
