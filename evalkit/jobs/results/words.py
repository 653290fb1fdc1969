# SPDX-License-Identifier: Apache-2.0
"""What a job's results say, in both languages; screens, Markdown and pages share it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from evalkit.estimation.cost import spoken
from evalkit.jobs.results.curves import Ends
from evalkit.jobs.results.results import Results
from evalkit.page.markup import data
from evalkit.page.numbers import count
from evalkit.page.phrase import Phrase, same, say

__all__ = [
    "best_lines",
    "cells",
    "column_name",
    "figure",
    "headline",
    "method_name",
    "money_lines",
    "remarks",
    "sign_line",
    "state_name",
    "tone",
    "when",
]

_STATES = {
    "validating": say("files are being checked", "正在检查文件"),
    "queued": say("queued", "排队中"),
    "running": say("running", "训练中"),
    "paused": say("paused", "已暂停"),
    "succeeded": say("succeeded", "成功"),
    "failed": say("failed", "失败"),
    "cancelled": say("cancelled", "已取消"),
}
_METHODS = {
    "sft": say("supervised", "监督微调"),
    "preference": say("preference (DPO)", "偏好优化（DPO）"),
    "rft": say("reinforcement", "强化学习"),
    "completion": say("prompt and completion", "提示与补全"),
}
_COLUMNS = {
    "train_loss": say("training loss", "训练损失"),
    "train_accuracy": say("training token accuracy", "训练 token 准确率"),
    "valid_loss": say("validation loss (batches)", "验证损失（批次）"),
    "valid_accuracy": say("validation token accuracy (batches)", "验证 token 准确率（批次）"),
    "full_valid_loss": say("validation loss (whole set)", "验证损失（全集）"),
    "full_valid_accuracy": say(
        "validation token accuracy (whole set)", "验证 token 准确率（全集）"
    ),
    "training_sequence_accuracy": say("training sequence accuracy", "训练整句准确率"),
    "validation_sequence_accuracy": say("validation sequence accuracy", "验证整句准确率"),
}  # fmt: skip


def state_name(state: str) -> Phrase:
    """A state in words."""
    return _STATES.get(state) or same(data(state, 40))


def method_name(method: str) -> Phrase:
    """A method in words."""
    return _METHODS.get(method) or same(data(method, 40))


def column_name(meaning: str) -> Phrase:
    """What a column measures; one that we do not know has its own name."""
    return _COLUMNS.get(meaning) or same(data(meaning, 60))


def figure(value: float) -> str:
    """A loss or a share with four significant digits."""
    return f"{value:.4g}" if abs(value) >= 1e-4 or value == 0 else f"{value:.2e}"


def when(seconds: float | None) -> str:
    """Unix time as UTC to the second; an en dash where there is none or no such day."""
    if seconds is None or seconds <= 0:
        return "–"
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, OSError, ValueError):
        return "–"


def tone(results: Results) -> str:
    """Class of the first line: "ship" (green), "dont_ship", "not_proven" or "measured"."""
    job = results.job
    if job is not None and job.state in ("failed", "cancelled"):
        return "dont_ship"
    if results.sign.found:
        return "not_proven"
    return "ship" if job is not None and job.state == "succeeded" else "measured"


def headline(results: Results) -> tuple[Phrase, Phrase]:
    """How it ended, and the sign."""
    job, sign = results.job, results.sign
    words = {
        "succeeded": say("Succeeded", "成功"),
        "failed": say("Failed", "失败"),
        "cancelled": say("Cancelled", "已取消"),
        "paused": say("Paused", "已暂停"),
    }
    if job is None:
        steps = 0 if results.metrics is None else len(results.metrics)
        word = say("{n} step measured" if steps == 1 else "{n} steps measured", "已测量 {n} 步",
                   n=count(steps))  # fmt: skip
    else:
        word = words.get(job.state, say("Still going on", "仍在进行"))
    if sign.found and sign.since is not None:
        n = count(sign.since)
        if sign.exact:
            return word, say("· over-fitting from step {n}", "· 第 {n} 步起过拟合", n=n)
        return word, say("· over-fitting from about step {n}", "· 约第 {n} 步起过拟合", n=n)
    if sign.found is None:
        if results.metrics is None:
            return word, same("")
        return word, say("· over-fitting cannot be judged", "· 无法判断是否过拟合")
    return word, say("· no sign of over-fitting", "· 无过拟合迹象")


def sign_line(results: Results) -> Phrase:
    """Whether it over-fits, and what that rests on."""
    sign = results.sign
    if results.metrics is None:
        return say(
            "No file of metrics: whether it over-fits cannot be said.",
            "没有指标文件，无法判断是否过拟合。",
        )
    if sign.why == "no-validation":
        return say(
            "No validation loss was measured: whether it over-fits cannot be said. Give the next "
            "job a validation file.",
            "未测量验证损失，无法判断是否过拟合。下次训练请提供验证文件。",
        )
    if sign.why == "few-points":
        return say(
            "Too few validation losses to tell over-fitting from chance: at least 12 by batch, or "
            "3 of the whole validation set.",
            "验证损失的测量太少，无法区分过拟合与偶然波动：至少需要 12 个批次值或 3 个全集值。",
        )
    values = {
        "n": count(sign.since or 0),
        "a": figure(sign.lowest),
        "b": figure(sign.last),
        "c": figure(sign.train_then),
        "d": figure(sign.train_last),
        "p": f"{100 * (sign.last / sign.lowest - 1):.0f}" if sign.lowest > 0 else "–",
    }
    en, zh = ("", "") if sign.exact else ("about ", "约")
    if sign.why == "rising":
        return say(
            f"Over-fitting from {en}step {{n}} on: validation loss rose from {{a}} to {{b}} "
            "(+{p}%) while training loss fell from {c} to {d}. Fewer epochs, or the checkpoint "
            "before it, would do.",
            f"{zh}第 {{n}} 步起过拟合：验证损失从 {{a}} 升至 {{b}}（+{{p}}%），而训练损失从 {{c}} "
            "降至 {d}。可减少轮数，或使用此前的检查点。",
            **values,
        )
    if sign.why == "diverging":
        return say(
            f"Not over-fitting, but worse: from {en}step {{n}} on validation loss rose from {{a}} "
            "to {b} and training loss from {c} to {d}. Lower the learning rate.",
            f"不是过拟合而是发散：{zh}第 {{n}} 步起验证损失从 {{a}} 升至 {{b}}，训练损失从 {{c}} "
            "升至 {d}。请降低学习率。",
            **values,
        )
    if sign.why == "training-not-falling":
        return say(
            f"Validation loss rose from {{a}} ({en}step {{n}}) to {{b}}, but training loss did not "
            "fall in the meantime: not called over-fitting.",
            f"验证损失从 {{a}}（{zh}第 {{n}} 步）升至 {{b}}，但训练损失并未同时下降：不算过拟合。",
            **values,
        )
    if sign.why == "last-only":
        return say(
            "Validation loss rose at the end only, from {a} (step {n}) to {b}: one measurement is "
            "no sign yet.",
            "验证损失仅在最后上升，从 {a}（第 {n} 步）到 {b}：一次测量还不是迹象。",
            **values,
        )
    return say(
        f"No sign of over-fitting: validation loss was lowest at {en}step {{n}} ({{a}}) and did "
        f"not rise after it by more than it swings ({{b}} {'' if sign.exact else 'on average '}at "
        "the end).",
        f"无过拟合迹象：验证损失在{zh}第 {{n}} 步最低（{{a}}），此后上升未超出波动"
        f"（{'最后' if sign.exact else '末段平均'} {{b}}）。",
        **values,
    )


def best_lines(results: Results) -> Iterator[Phrase]:
    """The best step, and the best checkpoint."""
    best, chosen = results.best, results.best_checkpoint
    if best is not None:
        by = column_name(best.by)
        values = {"n": count(best.step), "v": figure(best.value), "b": by}
        if best.exact:
            yield say("Lowest {b}: {v} at step {n}.", "{b}最低：第 {n} 步，{v}。", **values)
        else:
            yield say(
                "Lowest {b}: {v} on average around step {n}.",
                "{b}最低：第 {n} 步附近，平均 {v}。",
                **values,
            )
    if chosen is not None:
        one = chosen.checkpoint
        yield say(
            "Best of {k} checkpoints: {m}, after step {n} ({b} {v})."
            if chosen.of > 1
            else "The only checkpoint that can be judged: {m}, after step {n} ({b} {v}).",
            "{k} 个检查点中最好的：{m}，第 {n} 步之后（{b} {v}）。"
            if chosen.of > 1
            else "唯一可判断的检查点：{m}，第 {n} 步之后（{b} {v}）。",
            k=count(chosen.of),
            m=data(one.model, 120),
            n=count(one.step),
            b=column_name(chosen.by),
            v=figure(chosen.value),
        )


def money_lines(results: Results) -> Iterator[tuple[Phrase, str, str]]:
    """What is compared: its name, the estimate, what it was; an en dash where not known."""
    spent = results.spent
    if not spent:
        return
    cost = _sum(spent.estimated_cost, spent.currency), _sum(spent.actual_cost, spent.currency)
    lines = (
        (say("Tokens", "token"), _known(spent.estimated_tokens), _known(spent.actual_tokens)),
        (say("Cost", "费用"), *cost),
        (say("Epochs", "轮数"), _known(spent.estimated_epochs), _known(spent.actual_epochs)),
        (say("Steps", "步数"), _known(spent.estimated_steps), _known(spent.actual_steps)),
    )
    yield from (line for line in lines if line[1:] != ("–", "–"))


def remarks(results: Results) -> Iterator[tuple[str, Phrase]]:
    """What must be known beside the verdict, each with a tone."""
    spent = results.spent
    if (off := spent.off_by) is not None:
        more = off > 0
        tokens = {"p": f"{100 * abs(off):.1f}"}
        if abs(off) < 0.0005:
            yield "good", say("The tokens are as estimated.", "token 数与估算一致。")
        else:
            yield (
                "warn" if abs(off) > 0.05 else "open",
                say("{p}% more tokens than estimated.", "token 数比估算多 {p}%。", **tokens)
                if more
                else say("{p}% fewer tokens than estimated.", "token 数比估算少 {p}%。", **tokens),
            )
    if spent.counted_by == "elapsed_tokens":
        yield (
            "open",
            say(
                "Tokens are the file's <code>elapsed_tokens</code>: over all epochs, with "
                "padding where the trainer padded.",
                "token 数取自文件的 <code>elapsed_tokens</code>：为所有轮次之和，含填充（若有）。",
            ),
        )
    if spent.actual_cost is not None and spent.actual_cost != "0.00":
        of = spent.price_of
        yield "open", say(
            "The actual cost is reckoned from the tokens at the price of the estimate; no bill was "
            "seen." if of == "estimate" else
            "The actual cost is reckoned from the tokens at the price of {d}; no bill was seen.",
            "实际费用按估算所用价格由 token 数算出，并非账单。" if of == "estimate" else
            "实际费用按 {d} 的价格由 token 数算出，并非账单。",
            d=of,
        )  # fmt: skip
    metrics = results.metrics
    if metrics is None:
        return
    if metrics.repeated:
        yield (
            "open",
            say(
                "Lines whose step was there before (training was taken up again): {n}; the "
                "later values count.",
                "有 {n} 行的步数重复（训练曾恢复）：以后出现的值为准。",
                n=count(metrics.repeated),
            ),
        )
    if metrics.damaged:
        first, n = metrics.damaged[0], len(metrics.damaged)
        en = "{n} damaged line is left out:" if n == 1 else "{n} damaged lines are left out, first"
        zh = "已忽略 {n} 行损坏的数据" + ("：" if n == 1 else "，第一处：")
        place = {"f": data(metrics.source, 120), "l": first.line, "w": data(first.why, 160)}
        yield "warn", say(f"{en} {{f}}:{{l}}: {{w}}.", f"{zh}{{f}}:{{l}}：{{w}}。", n=count(n),
                          **place)  # fmt: skip
    if metrics.not_numbers:
        yield (
            "open",
            say(
                "Columns without numbers are left out: {c}.",
                "已忽略没有数字的列：{c}。",
                c=data(", ".join(metrics.not_numbers), 200),
            ),
        )


def cells(one: Ends) -> tuple[str, ...]:
    """First, last, lowest and highest value, and the mean at the end."""
    return tuple(map(figure, (one.first, one.last, one.lowest, one.highest, one.tail)))


def _known(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def _sum(amount: str | None, currency: str) -> str:
    return "–" if amount is None else spoken(amount, currency)
