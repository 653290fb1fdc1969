# SPDX-License-Identifier: Apache-2.0
"""What an estimate says of the job itself: epochs, steps, tokens, cuts, validation, time."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from evalkit.core.printable import printable
from evalkit.estimation.facts import Counting, Duration, Estimate
from evalkit.estimation.outlook import Estimation, Outlook
from evalkit.estimation.profile_words import method_name, percent
from evalkit.estimation.text_fact import NOTHING, Fact, in_both, places, row_of
from evalkit.estimation.text_money import money_facts
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.targets.card import Source

__all__ = ["about", "facts", "files_of", "left_out"]

_NAMED = 2  # sources that a line names
_FRAMES = {
    "billed": say("an example by OpenAI's billing formula", "整行按 OpenAI 计费公式"),
    "template": say("an example in the model's chat template", "整行按模型的对话模板"),
    "assumed": say(
        "an example by OpenAI's formula, since none of its own is published",
        "其计法未公开，整行按 OpenAI 计费公式",
    ),
}


def about(estimate: Estimate) -> Phrase:
    """`openai-chat, supervised fine-tuning, 20 examples in 2 files`."""
    several = len(estimate.files) > 1
    number = say(
        ("{n} example" if estimate.examples == 1 else "{n} examples")
        + (" in {f} files" if several else ""),
        "{n} 条样本" + ("，共 {f} 个文件" if several else ""),
        n=f"{estimate.examples:,}",
        f=len(estimate.files),
    )
    names = same(printable(" + ".join(estimate.formats)) or "–")
    return row_of(names, method_name(estimate.method), number)


def files_of(estimate: Estimate) -> str:
    """The paths as a shell takes them."""
    return printable(" ".join(shlex.quote(path) for path, _ in estimate.files))


def facts(outlook: Outlook, whole: Estimation) -> Iterator[Fact]:
    """Every line of the table for one model; money first."""
    estimate = outlook.estimate
    money = list(money_facts(outlook, whole.today))
    yield money[0]
    yield from _job(estimate)
    yield from _cuts(estimate)
    yield from _unsure(estimate)
    yield from _validation(estimate)
    if estimate.duration is not None:
        yield _time(estimate.duration)
    yield from money[1:]
    yield _rows(estimate, outlook)


def left_out(estimate: Estimate) -> Fact | None:
    """The records that were not counted; None where there are none."""
    if not estimate.left_out:
        return None
    one = estimate.left_out == 1
    return Fact(
        say("not counted", "未计入"),
        say(
            "{n} record without a readable conversation: {p}"
            if one
            else "{n} records without a readable conversation: {p}",
            "{n} 条读不出对话的记录：{p}",
            n=f"{estimate.left_out:,}",
            p=places(estimate.left_out_rows, estimate.left_out),
        ),
        say("`evalkit lint` says why", "`evalkit lint` 说明原因"),
        "warn",
    )


def _job(estimate: Estimate) -> Iterator[Fact]:
    epochs, billed = estimate.epochs, estimate.billed_per_epoch
    yield Fact(
        say("epochs", "训练轮数"),
        say("{n} ({why})", "{n}（{why}）", n=epochs.number, why=in_both(epochs.reason)),
    )
    yield Fact(
        say("billed tokens", "计费 token"),
        say(
            "{all} = {e} x {n}" if epochs.number != 1 else "{all}",
            "{all} = {e} x {n}" if epochs.number != 1 else "{all}",
            all=f"{estimate.billed_tokens:,}",
            e=epochs.number,
            n=f"{billed:,}",
        ),
        say(
            "{l} of each epoch are learned; the cookbook's script says {c} in all",
            "每轮参与学习 {l}；cookbook 脚本合计 {c}",
            l=f"{estimate.loss_per_epoch:,}",
            c=f"{estimate.cookbook_tokens:,}",
        ),
    )
    if estimate.padding_per_epoch:
        yield Fact(
            say("padding", "填充"),
            say(
                "{n} of the billed tokens of an epoch ({s}) are padding",
                "每轮计费 token 中有 {n}（{s}）是填充",
                n=f"{estimate.padding_per_epoch:,}",
                s=percent(estimate.padding_per_epoch / max(1, billed)),
            ),
            tone="warn",
        )
    yield _counted(estimate.counting)
    batch, why = estimate.batch, in_both(estimate.batch.reason)
    if batch.size is None or estimate.steps is None:
        steps = why
    else:
        steps = say(
            "{n}, of {b} example{s} each ({why})",
            "{n} 步，每步 {b} 条（{why}）",
            n=f"{estimate.steps:,}",
            b=f"{batch.size:,}",
            s="" if batch.size == 1 else "s",
            why=why,
        )
    yield Fact(say("steps", "训练步数"), steps)


def _counted(counting: Counting) -> Fact:
    name = printable(counting.tokenizer)
    if counting.texts == "exact":
        texts = say("texts exact", "文本精确")
    elif counting.error is None:
        texts = say("texts by another tokenizer, error not known", "文本用其他分词器，误差未知")
    else:
        error = f"{100 * counting.error:.2g}"
        texts = say("texts within about {e} %", "文本误差约 {e} %", e=error)
    return Fact(
        say("counted by", "计数依据"),
        say("{t}: {x}, {f}", "{t}：{x}，{f}", t=name, x=texts, f=_FRAMES[counting.frame]),
        tone="" if counting.texts == "exact" and counting.frame != "assumed" else "warn",
    )


def _cuts(estimate: Estimate) -> Iterator[Fact]:
    model, cut = estimate.model, estimate.job.training.cut
    bound = estimate.job.limit
    limit = f"{bound:,}" if bound is not None else say("not known", "未知")
    yield Fact(
        say("longest row", "最长样本"),
        say(
            "{n} tokens; training limit {l}, context {c}",
            "{n} 个 token；训练上限 {l}，上下文 {c}",
            n=f"{estimate.longest:,}",
            l=limit,
            c=f"{model.context:,}" if model.context else say("not known", "未知"),
        ),
    )
    if not estimate.over_long:
        return
    one = estimate.over_long == 1
    what = {
        "drop": say("left out by the provider", "会被服务方舍弃"),
        "refuse": say("the job fails with them", "任务会因此失败"),
    }.get(cut or "", say("their ends are cut off", "末尾会被截断"))
    value = say(
        "{n} row is over {l} tokens: {what}" if one else "{n} rows are over {l} tokens: {what}",
        "{n} 条超过 {l} 个 token：{what}",
        n=f"{estimate.over_long:,}",
        l=limit,
        what=what,
    )
    lost = say(
        "{t} answer tokens lost in each epoch",
        "每轮丢失回答 {t} 个 token",
        t=f"{estimate.lost:,}",
    )
    nothing = NOTHING
    if estimate.unlearned:
        nothing = say(
            "nothing at all is learned from {u} of them",
            "其中 {u} 条什么也学不到",
            u=f"{estimate.unlearned:,}",
        )
    rows = places((row.location for row in estimate.cut_rows), estimate.over_long)
    yield Fact(
        say("too long", "超长样本"),
        joined([value, row_of(lost, nothing)], en="; ", zh="；"),
        rows,
        "bad",
    )


def _unsure(estimate: Estimate) -> Iterator[Fact]:
    """What is counted with an error, or not at all."""
    if estimate.with_tools:
        yield Fact(
            say("tools", "工具定义"),
            say(
                "defined in {n} examples: counted within about 2 %",
                "{n} 条样本带工具定义，其 token 数误差约 2 %",
                n=f"{estimate.with_tools:,}",
            ),
        )
    if estimate.images:
        unknown = NOTHING
        if estimate.images_unknown:
            unknown = say(
                "{u} of unknown size are not counted",
                "其中 {u} 张尺寸未知，未计入",
                u=f"{estimate.images_unknown:,}",
            )
        yield Fact(
            say("images", "图片"),
            row_of(
                say(
                    "{n} in {r} examples",
                    "{r} 条样本中有 {n} 张",
                    n=f"{estimate.images:,}",
                    r=f"{estimate.with_images:,}",
                ),
                unknown,
            ),
            tone="warn" if estimate.images_unknown else "",
        )
    if estimate.with_media:
        yield Fact(
            say("media", "音频文件"),
            say(
                "audio or files in {n} examples are not counted",
                "{n} 条样本带音频或文件，其 token 未计入",
                n=f"{estimate.with_media:,}",
            ),
            tone="warn",
        )
    if fact := left_out(estimate):
        yield fact


def _validation(estimate: Estimate) -> Iterator[Fact]:
    held = estimate.validation
    if held is None:
        return
    tokens = say(
        "{n} examples, {t} tokens each time",
        "{n} 条样本，每次 {t} 个 token",
        n=f"{held.examples:,}",
        t=f"{held.tokens:,}",
    )
    times = NOTHING
    if held.evaluations is not None:
        times = say("{k} times" if held.evaluations != 1 else "once", "{k} 次", k=held.evaluations)
    label, why = say("validation", "验证集"), in_both(held.why)
    if not held.billed:
        yield Fact(label, joined([row_of(tokens, times), why], en="; ", zh="；"))
        return
    billed = say("{b} billed", "计费 {b}", b=f"{held.billed:,}")
    yield Fact(label, row_of(tokens, times, billed), why)


def _time(duration: Duration) -> Fact:
    one = duration.jobs == 1
    return Fact(
        say("time", "耗时"),
        say(
            "{a} to {b} at the pace of {n} real job; its queue may take longer"
            if one
            else "{a} to {b} at the pace of {n} real jobs; the queue may take longer",
            "{a} 至 {b}，按 {n} 个真实任务的速度；排队可能更久",
            a=_seconds(duration.least),
            b=_seconds(duration.most),
            n=duration.jobs,
        ),
        _sources(duration.basis),
    )


def _sources(basis: Sequence[Source]) -> Phrase:
    """The first of them; the document has them all."""
    named = [same(printable(one.source)) for one in basis[:_NAMED]]
    if more := len(basis) - len(named):
        named.append(say("{n} more", "另 {n} 个", n=more))
    return joined(named, en="; ", zh="；")


def _seconds(seconds: int) -> Phrase:
    if seconds < 120:
        return say("{n} s", "{n} 秒", n=seconds)
    if seconds < 7_200:
        return say("{n} min", "{n} 分钟", n=round(seconds / 60))
    return say("{n} h", "{n} 小时", n=f"{seconds / 3600:,.1f}".removesuffix(".0"))


def _rows(estimate: Estimate, outlook: Outlook) -> Fact:
    fit = outlook.fit
    check = f"evalkit lint {files_of(estimate)} --target {outlook.model.target}"
    if fit is None:
        return Fact(say("do they fit?", "数据合格？"), same(check))
    if not fit.errors:
        value = say("no errors for {t}", "对 {t} 没有错误", t=outlook.model.target)
        return Fact(say("rows", "数据"), value)
    return Fact(
        say("rows", "数据"),
        say("{n} errors: {b}", "{n} 个错误：{b}", n=f"{fit.errors:,}", b=_blockers(fit.blockers)),
        same(check),
        "bad",
    )


def _blockers(blockers: Sequence[tuple[str, int]]) -> Phrase:
    named = [same(f"{printable(name)} ({n:,})") for name, n in blockers[:3]]
    if len(blockers) > 3:
        named.append(say("{n} more", "另 {n} 项", n=len(blockers) - 3))
    return joined(named, en=", ", zh="、")
