# SPDX-License-Identifier: Apache-2.0
"""What should be known with a table of several models: a sentence each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from evalkit.core.printable import printable
from evalkit.estimation.converting import converts
from evalkit.estimation.outlook import Estimation, Fit, Outlook, Unlisted
from evalkit.estimation.text_fact import NOTHING
from evalkit.estimation.text_facts import files_of
from evalkit.estimation.text_money import on_own_machines
from evalkit.estimation.text_unsure import beyond_context, kinds_of_rows, left_out, nothing_learned
from evalkit.page.phrase import Phrase, joined, same, say

__all__ = ["fit_of", "mark_of", "notes", "repays"]

_CLOSED = frozenset({"new-customers-closed"})


def fit_of(fit: Fit | None) -> Phrase:
    """Whether rows that are read are fit, in a word."""
    if fit is None:
        return say("not linted", "未检查")
    if not fit.errors:
        return say("fit", "合格")
    return say("1 error" if fit.errors == 1 else "{n} errors", "{n} 个错误", n=f"{fit.errors:,}")


def repays(outlook: Outlook) -> bool:
    """Whether break-even was asked for."""
    even = outlook.break_even
    return not outlook.few_shot.assumed or (even is not None and even.months is not None)


def mark_of(outlook: Outlook) -> str:
    """The tilde before figures that rest on the counts of another tokenizer."""
    return "~" if outlook.estimate.counting.texts == "approximate" else ""


def notes(result: Estimation) -> Iterator[Phrase]:
    """What should be known with the table, a sentence each."""
    yield from _counts(result)
    yield from _prices(result)
    yield from _providers(result)


def _counts(result: Estimation) -> Iterator[Phrase]:
    outlooks = result.outlooks
    if kinds := kinds_of_rows(outlooks[0].estimate):
        yield kinds
    if why := nothing_learned(outlooks[0].estimate):
        yield why
    yield from _uneven(outlooks)
    if assumed := [one for one in outlooks if one.estimate.epochs.rule == "assumed"]:
        yield say(
            "epochs by OpenAI's rule, where the provider's own is not known: {n}",
            "服务商自己的轮数规则未知，按 OpenAI 的规则：{n}",
            n=_models(assumed, result),
        )
    if rough := [one.estimate.counting for one in outlooks if mark_of(one)]:
        known = [one.error for one in rough if one.error is not None]
        within = say("within about {e} %", "误差约 {e} %", e=f"{100 * max(known, default=0):.2g}")
        some = say(" where that is known", "（部分未知）") if len(known) < len(rough) else NOTHING
        yield say(
            "~ counted by another tokenizer, {w}{s}: --tokenizer FILE counts exactly",
            "~ 用其他分词器计数，{w}{s}；--tokenizer 文件可精确计数",
            w=within if known else say("error not known", "误差未知"),
            s=some if known else NOTHING,
        )


def _prices(result: Estimation) -> Iterator[Phrase]:
    outlooks = result.outlooks
    if more := [one for one in outlooks if any(doubt.more for doubt in one.doubts)]:
        whys = dict.fromkeys(doubt.said for one in more for doubt in one.doubts if doubt.more)
        yield say(
            "≥ the job may cost more: {w}",
            "≥ 任务费用可能更高：{w}",
            w=joined(list(whys), en="; ", zh="；"),
        )
    if least := [one for one in outlooks if one.cost is not None and one.cost.minimum_applied]:
        yield say(
            "the least sum of a job, more than the tokens cost: {n}",
            "单个任务的最低费用，高于 token 费用：{n}",
            n=_models(least, result),
        )
    if unpriced := [one for one in outlooks if one.cost is None and not on_own_machines(one.model)]:
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
    if any(map(repays, outlooks)) and (over := [one for one in outlooks if beyond_context(one)]):
        yield say(
            "the few-shot examples are more than the context of the base model: {n}",
            "少样本示例超过基础模型的上下文：{n}",
            n=_models(over, result),
        )


def _providers(result: Estimation) -> Iterator[Phrase]:
    outlooks = result.outlooks
    if result.unlisted:
        yield say(
            "train on this layout too, no model on record: {n}",
            "也可用此格式训练，没有模型记录：{n}",
            n=_unlisted(result.unlisted),
        )
    rows = outlooks[0].estimate
    able = [
        name
        for name in result.unread
        if converts(name, rows.formats, answered=rows.loss_per_epoch > 0)
    ]
    if able:
        yield say(
            "do not read this layout: {n}: evalkit convert {f} converted.jsonl --to {t}",
            "不读取此格式：{n}；先转换：evalkit convert {f} converted.jsonl --to {t}",
            n=joined([same(one) for one in able], en=", ", zh="、"),
            f=files_of(rows),
            t=able[0] if len(able) == 1 else "TARGET",
        )
    if unable := [name for name in result.unread if name not in able]:
        yield say(
            "have no layout for such rows: {n}",
            "没有此类数据的格式：{n}",
            n=joined([same(one) for one in unable], en=", ", zh="、"),
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


def _uneven(outlooks: Sequence[Outlook]) -> Iterator[Phrase]:
    """That sums are not of the same training, where nobody asked for epochs.

    `epochs differ (together 1, others 3): --epochs N makes them equal`.
    """
    numbers: dict[int, dict[str, None]] = {}
    for one in outlooks:
        numbers.setdefault(one.estimate.epochs.number, {})[one.model.target] = None
    if len(numbers) < 2 or all(one.estimate.epochs.rule == "given" for one in outlooks):
        return
    *few, most = sorted(numbers, key=lambda number: (len(numbers[number]), number))
    named = [
        same(f"{', '.join(map(printable, numbers[number]))} {number}") for number in sorted(few)
    ]
    if len(numbers[most]) == 1:
        named.append(same(f"{printable(next(iter(numbers[most])))} {most}"))
    else:
        named.append(say("others {n}", "其余 {n}", n=most))
    yield say(
        "epochs differ ({n}): --epochs N makes them equal",
        "训练轮数不同（{n}）：--epochs N 可使其一致",
        n=joined(named, en=", ", zh="，"),
    )


def _unlisted(targets: Sequence[Unlisted]) -> Phrase:
    """`axolotl, trl (fit); mistral (3 errors)`."""
    groups: dict[Phrase | None, list[str]] = {}
    for one in targets:
        groups.setdefault(None if one.fit is None else fit_of(one.fit), []).append(one.target)
    shown = []
    for fit, alike in groups.items():
        listed = joined([same(name) for name in alike], en=", ", zh="、")
        shown.append(listed if fit is None else say("{n} ({f})", "{n}（{f}）", f=fit, n=listed))
    return joined(shown, en="; ", zh="；")


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
