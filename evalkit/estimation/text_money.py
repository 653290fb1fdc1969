# SPDX-License-Identifier: Apache-2.0
"""What an estimate says of money: training, answers, hosting, evaluation, break-even."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from evalkit.core.printable import printable
from evalkit.estimation.closing import trains_here
from evalkit.estimation.cost import Cost, spoken
from evalkit.estimation.hosting import Hosting
from evalkit.estimation.outlook import EvaluationRun, FewShot, Outlook
from evalkit.estimation.text_fact import NOTHING, Fact, dated, in_both, row_of
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.targets.card import Answers, HourlyPrice, ModelCard, Source
from evalkit.targets.load import target_named

__all__ = ["money_facts", "on_own_machines"]

_UNKNOWN = say("not known", "未知")


def money_facts(outlook: Outlook, today: date) -> Iterator[Fact]:
    """The lines about money: what the job costs is the first."""
    card = outlook.model
    refused = [one.said for one in outlook.doubts if one.kind in ("layout", "method", "empty")]
    if refused:
        yield Fact(say("not taken", "不受理"), row_of(*refused), tone="bad")
    yield _cost(outlook, today)
    yield from _answers(card, today)
    if on_own_machines(card):  # where nobody bills anything, there is nothing to say of prices
        return
    yield _hosting(outlook.hosting, today)
    if outlook.evaluation is not None:
        yield _evaluation(outlook.evaluation)
    if outlook.break_even is not None:
        why = in_both(outlook.break_even.why)
        head = {
            "repaid": same(""),
            "never": say("never: ", "不会："),
            "unknown": say("not known: ", "未知："),
        }[outlook.break_even.verdict]
        yield Fact(
            say("break-even", "回本"),
            say("{h}{w}", "{h}{w}", h=head, w=why),
            _against(outlook.few_shot),
        )


def _cost(outlook: Outlook, today: date) -> Fact:
    label = say("training cost", "训练费用")
    cost, hourly = outlook.cost, outlook.model.training_per_hour
    if cost is not None:
        basis = say(
            "at {p} per 1M tokens{t}, {d}",
            "单价每百万 token {p}{t}，{d}",
            p=spoken(cost.usd_per_mtok, cost.currency),
            t=_tier(cost.tier),
            d=dated(Source(cost.as_of, cost.source), today),
        )
        more = [one.said for one in outlook.doubts if one.more]
        amount = _amount(cost, outlook)
        if more:
            amount = say("at least {a}: {w}", "至少 {a}：{w}", a=amount, w=row_of(*more))
        return Fact(label, amount, basis, "bad" if more else "warn" if cost.old(today) else "")
    if hourly is not None:
        return Fact(
            label,
            say("billed by time: {p} an hour", "按时间计费：每小时 {p}", p=_hour(hourly)),
            dated(Source(hourly.as_of, hourly.source), today),
            "warn",
        )
    if on_own_machines(outlook.model):
        return Fact(
            label,
            say(
                "that of your own machines: nobody bills tokens",
                "在自己的机器上训练：不按 token 计费",
            ),
        )
    return Fact(
        label,
        say(
            "not known: no training price of this model is on record",
            "未知：没有这个模型的训练价格记录",
        ),
        tone="warn",
    )


def on_own_machines(card: ModelCard) -> bool:
    """Whether nobody bills anything: a program for machines of one's own, without a price."""
    own = trains_here(target_named(card.target))
    return own and (card.training, card.inference, card.tuned_inference) == (None, None, None)


def _amount(cost: Cost, outlook: Outlook) -> Phrase:
    amount = same(spoken(cost.amount, cost.currency))
    held = outlook.estimate.validation
    also = NOTHING
    if held is not None and held.billed:
        also = say("validation included", "含验证")
    if cost.minimum_applied:
        also = row_of(also, say("the least that a job costs", "单个任务的最低费用"))
    return say("{a} ({n})", "{a}（{n}）", a=amount, n=also) if also else amount


def _tier(tier: str | None) -> Phrase:
    return say(" ({t})", "（{t}）", t=printable(tier)) if tier else NOTHING


def _hour(price: HourlyPrice) -> str:
    return spoken(price.usd_per_hour, price.currency)


def _answers(card: ModelCard, today: date) -> Iterator[Fact]:
    """What answers cost; one line where the tuned model's are as dear as the base's."""
    tuned, base = card.tuned_inference, card.inference
    if tuned is None and base is None:
        return
    parts = [
        say("tuned {p}", "微调后 {p}", p=_prices(tuned)),
        say("base {p}", "基础模型 {p}", p=_prices(base)),
    ]
    said = [Source(one.as_of, one.source) for one in (tuned, base) if one is not None]
    yield Fact(
        say("answers", "回答单价"),
        say(
            "{p}; in / out per 1M tokens",
            "{p}；每百万 token 输入 / 输出",
            p=row_of(*parts),
        ),
        joined([dated(one, today) for one in dict.fromkeys(said)], en="; ", zh="；"),
    )


def _prices(answers: Answers | None) -> Phrase:
    if answers is None:
        return _UNKNOWN
    prompts, said = (spoken(price, answers.currency) for price in (answers.input, answers.output))
    return same(f"{prompts} / {said}")


def _hosting(hosting: Hosting, today: date) -> Fact:
    label = say("hosting", "托管")
    if hosting.kind == "free":
        return Fact(label, say("free: only answers cost", "免费：只收回答的费用"))
    if hosting.billed is not None:
        return Fact(
            label,
            say(
                "billed as long as the tuned model is up; its price is not on record",
                "微调模型部署期间一直计费；没有价格记录",
            ),
            dated(hosting.billed, today),
            "warn",
        )
    if hosting.price is None or hosting.per_month is None:
        return Fact(label, _UNKNOWN)
    price = hosting.price
    value = say(
        "{h} an hour, {m} a month",
        "每小时 {h}，每月 {m}",
        h=_hour(price),
        m=spoken(hosting.per_month, price.currency),
    )
    if hosting.total is not None:
        asked = say(
            "{t} for {d} day{s}",
            "{d} 天共 {t}",
            t=spoken(hosting.total, price.currency),
            d=f"{hosting.days:g}",
            s="" if hosting.days == 1 else "s",
        )
        value = row_of(value, asked)
    tier = say("{t}; ", "{t}；", t=printable(price.tier)) if price.tier else NOTHING
    when = dated(Source(price.as_of, price.source), today)
    return Fact(label, value, say("{t}{d}", "{t}{d}", t=tier, d=when))


def _evaluation(run: EvaluationRun) -> Fact:
    plan, cost = run.plan, run.cost
    names = {
        "base": say("base", "基础模型"),
        "tuned": say("tuned", "微调模型"),
        "judge": say("judge", "裁判"),
    }
    parts = [
        say(
            "{w} {c}",
            "{w} {c}",
            w=names[line.who],
            c=_UNKNOWN if line.cost is None else spoken(line.cost, line.currency or "USD"),
        )
        for line in cost.lines
    ]
    rows = {
        "asked": ("{n} held-out row{s}", "{n} 条留出数据"),
        "file": ("the {n} row{s} given", "给出的 {n} 条数据"),
        "validation": ("the {n} validation row{s}", "{n} 条验证数据"),
        "example": ("for example {n} such row{s}", "例如 {n} 条同类数据"),
    }[run.rows_of]
    times = NOTHING
    if plan.repeats != 1:
        times = say(" x {k}", " x {k}", k=plan.repeats)
    total = say("{r}{k}: {p}", "{r}{k}：{p}", k=times,
                r=say(*rows, n=f"{plan.rows:,}", s="" if plan.rows == 1 else "s"),
                p=row_of(*parts))  # fmt: skip
    if cost.total is not None:
        total = say(
            "{all}, {s} in all", "{all}，合计 {s}", all=total,
            s=spoken(cost.total, cost.currency or "USD"),
        )  # fmt: skip
    whys = joined(
        [say("{w}: {y}", "{w}：{y}", w=names[one.who], y=in_both(one.why)) for one in cost.lines],
        en="; ",
        zh="；",
    )
    return Fact(say("evaluation", "评估运行"), total, whys if run.rows_of != "example" else NOTHING)


def _against(shots: FewShot) -> Phrase:
    if shots.examples is None:
        return say(
            "against the base model with {n} token{s} of examples in every prompt",
            "对比：基础模型每次提示带 {n} 个 token 的示例",
            n=f"{shots.tokens:,}",
            s="" if shots.tokens == 1 else "s",
        )
    assumed = NOTHING
    if shots.assumed:
        assumed = say(" (assumed: --few-shot says how many)", "（假设值，可用 --few-shot 指定）")
    return say(
        "against the base model with {k} examples in every prompt{a}"
        if shots.examples != 1
        else "against the base model with {k} example in every prompt{a}",
        "对比：基础模型每次提示带 {k} 条示例{a}",
        k=shots.examples,
        a=assumed,
    )
