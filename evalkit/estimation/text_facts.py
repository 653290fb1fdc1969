# SPDX-License-Identifier: Apache-2.0
"""What an estimate says of the job itself: epochs, steps, tokens, cuts, validation, time."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from evalkit.core.printable import printable
from evalkit.estimation.closing import trains_here
from evalkit.estimation.facts import Duration, Estimate
from evalkit.estimation.outlook import Estimation, Outlook
from evalkit.estimation.profile_words import counted, method_name, percent
from evalkit.estimation.text_fact import NOTHING, Fact, in_both, places, row_of
from evalkit.estimation.text_money import money_facts
from evalkit.estimation.text_unsure import beyond_context, kinds_of_rows, nothing_learned, unsure
from evalkit.page.phrase import Phrase, joined, same, say
from evalkit.targets.card import Source
from evalkit.targets.load import target_named

__all__ = ["about", "facts", "files_of"]

_NAMED = 1  # sources that a line names: they are long, and job ids are in the document
_PLAIN = re.compile(r"[\w@%+=:,./][\w@%+=:,./-]*")  # letters of any script; a `-` begins options
_FRAMES = {
    "billed": say("an example by OpenAI's billing formula", "整行按 OpenAI 计费公式"),
    "template": say("an example in the model's chat template", "整行按模型的对话模板"),
    "assumed": say(
        "an example by OpenAI's formula, since none of its own is published",
        "其计法未公开，整行按 OpenAI 计费公式",
    ),
}
_BILLS = say("which met 3 real bills to the token", "与 3 份真实账单逐 token 相符")
_OTHERS_BILLS = say(
    "which met 3 real bills of gpt-3.5-turbo to the token; other models are taken to be billed "
    "alike",
    "与 gpt-3.5-turbo 的 3 份真实账单逐 token 相符；假定其他模型的计费方式相同",
)
_BILLED_ENCODING = "cl100k_base"  # of the models whose bills are on record
_OF_PAIRS = say(
    "both answers of an example, each with its prompt, taken to be billed by OpenAI's formula",
    "一条样本的两个回答各连同提示，假定按 OpenAI 计费公式",
)


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
    """The paths as a shell takes them; Chinese names need no quotes."""
    paths = (path for path, _ in estimate.files)
    return printable(" ".join(p if _PLAIN.fullmatch(p) else shlex.quote(p) for p in paths))


def facts(outlook: Outlook, whole: Estimation) -> Iterator[Fact]:
    """Every line of the table for one model; money first."""
    estimate = outlook.estimate
    money = list(money_facts(outlook, whole.today))
    first = 1 + any(one.kind in ("layout", "method", "empty") for one in outlook.doubts)
    yield from money[:first]
    yield from _job(estimate)
    yield from _cuts(estimate)
    yield from unsure(estimate)
    yield from _validation(estimate)
    if estimate.duration is not None:
        yield _time(estimate.duration)
    yield from money[first:]
    if len(money) > first and outlook.break_even is not None and (much := beyond_context(outlook)):
        yield Fact(say("few-shot", "少样本"), much, tone="warn")
    yield _rows(estimate, outlook)


def _job(estimate: Estimate) -> Iterator[Fact]:
    epochs, billed = estimate.epochs, estimate.billed_per_epoch
    if kinds := kinds_of_rows(estimate):
        yield Fact(say("several methods", "多种方法"), kinds, tone="bad")
    if why := nothing_learned(estimate):
        yield Fact(say("no answers", "没有回答"), why, tone="bad")
    yield Fact(
        say("epochs", "训练轮数"),
        say("{n} ({why})", "{n}（{why}）", n=epochs.number, why=in_both(epochs.reason)),
    )
    by_token = _billed_by_token(estimate)
    learned = say(
        "{l} of each epoch {is_} learned",
        "每轮参与学习 {l}",
        l=f"{estimate.loss_per_epoch:,}",
        is_="is" if estimate.loss_per_epoch == 1 else "are",
    )
    if estimate.method == "rft":  # what is learned from does not stand in the file
        learned = say(
            "the rows as they are; the answers that training tries come on top",
            "仅为数据本身；训练中生成的回答另计",
        )
    script = NOTHING
    if by_token:
        script = say(
            "the cookbook's script says {c} in all",
            "cookbook 脚本合计 {c}",
            c=f"{estimate.cookbook_tokens:,}",
        )
    yield Fact(
        say("billed tokens", "计费 token") if by_token else say("tokens trained on", "训练 token"),
        say(
            "{all} = {e} x {n}" if epochs.number != 1 else "{all}",
            "{all} = {e} x {n}" if epochs.number != 1 else "{all}",
            all=f"{estimate.billed_tokens:,}",
            e=epochs.number,
            n=f"{billed:,}",
        ),
        joined([learned, script], en="; ", zh="；"),
    )
    if estimate.padding_per_epoch:
        yield Fact(
            say("padding", "填充"),
            say(
                "{n} of the billed tokens of an epoch ({s}) {is_} padding"
                if by_token
                else "{n} of the tokens of an epoch ({s}) {is_} padding",
                "每轮计费 token 中有 {n}（{s}）是填充"
                if by_token
                else "每轮 token 中有 {n}（{s}）是填充",
                is_="is" if estimate.padding_per_epoch == 1 else "are",
                n=f"{estimate.padding_per_epoch:,}",
                s=percent(estimate.padding_per_epoch / max(1, billed)),
            ),
            tone="warn",
        )
    yield _tokenizer(estimate)
    batch, why = estimate.batch, in_both(estimate.batch.reason)
    if batch.size is None or estimate.steps is None:
        steps = why
    else:
        steps = say(
            "{n}, of {b} each ({why})",
            "{n} 步，每步 {b} 条（{why}）",
            n=f"{estimate.steps:,}",
            b=counted(batch.size, "example"),
            why=why,
        )
    yield Fact(say("steps", "训练步数"), steps)


def _billed_by_token(estimate: Estimate) -> bool:
    """Whether the tokens make the price: not where a job is billed by the hour, or by nobody."""
    if estimate.cost is not None:
        return True
    by_hour = estimate.model.training_per_hour is not None
    return not (by_hour or trains_here(target_named(estimate.model.target)))


def _tokenizer(estimate: Estimate) -> Fact:
    counting = estimate.counting
    name = printable(counting.tokenizer)
    form, basis = _FRAMES[counting.frame], NOTHING
    if counting.frame == "billed" and estimate.method == "preference":  # no such bill was found
        form = _OF_PAIRS
    elif counting.frame == "billed" and estimate.method == "sft":
        basis = _BILLS if counting.tokenizer == _BILLED_ENCODING else _OTHERS_BILLS
    if counting.texts == "exact":
        texts = say("texts exact", "文本精确")
    elif counting.error is None:
        texts = say("texts by another tokenizer, error not known", "文本用其他分词器，误差未知")
    else:
        error = f"{100 * counting.error:.2g}"
        texts = say("texts within about {e} %", "文本误差约 {e} %", e=error)
    return Fact(
        say("counted by", "计数依据"),
        say("{t}: {x}, {f}", "{t}：{x}，{f}", t=name, x=texts, f=form),
        basis,
        tone="" if counting.texts == "exact" and counting.frame != "assumed" else "warn",
    )


def _cuts(estimate: Estimate) -> Iterator[Fact]:
    model, cut = estimate.model, estimate.job.training.cut
    bound = estimate.job.limit
    limit = f"{bound:,}" if bound is not None else say("not known", "未知")
    pair = NOTHING
    if estimate.method == "preference":
        pair = say(
            "the longer side of a pair; an example is both its answers, each with the prompt",
            "取一对中较长的一侧；一条样本含两个回答，各连同提示",
        )
    yield Fact(
        say("longest row", "最长样本"),
        say(
            "{n}; training limit {l}, context {c}",
            "{n} 个 token；训练上限 {l}，上下文 {c}",
            n=counted(estimate.longest, "token"),
            l=limit,
            c=f"{model.context:,}" if model.context else say("not known", "未知"),
        ),
        pair,
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
        "{t} lost in each epoch",
        "每轮丢失回答 {t} 个 token",
        t=counted(estimate.lost, "answer token"),
    )
    nothing = NOTHING
    if estimate.unlearned == estimate.over_long:
        nothing = say(
            "nothing at all is learned from it"
            if one
            else "nothing at all is learned from any of them",
            "这条什么也学不到" if one else "这些样本全都什么也学不到",
        )
    elif estimate.unlearned:
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


def _validation(estimate: Estimate) -> Iterator[Fact]:
    held = estimate.validation
    if held is None:
        return
    tokens = say(
        "{n}, {t} each time",
        "{n} 条样本，每次 {t} 个 token",
        n=counted(held.examples, "example"),
        t=counted(held.tokens, "token"),
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
        say(
            "{n}: {b}",
            "{n} 个错误：{b}",
            n=counted(fit.errors, "error"),
            b=_blockers(fit.blockers),
        ),
        same(check),
        "bad",
    )


def _blockers(blockers: Sequence[tuple[str, int]]) -> Phrase:
    named = [same(f"{printable(name)} ({n:,})") for name, n in blockers[:3]]
    if len(blockers) > 3:
        named.append(say("{n} more", "另 {n} 项", n=len(blockers) - 3))
    return joined(named, en=", ", zh="、")
