# SPDX-License-Identifier: Apache-2.0
"""An estimate for people: a first line for a model with an end, then a small table; en and zh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from evalkit.core.printable import columns, printable
from evalkit.core.strings import Language
from evalkit.estimation.closing import Closing
from evalkit.estimation.cost import Cost
from evalkit.estimation.project import Estimate

__all__ = ["as_text", "closing_line", "left_out_line"]

_NAMED = 5  # rows that a line names


def as_text(
    result: Estimate,
    *,
    end: Closing | None,
    others: Sequence[str],
    today: date,
    language: Language = "en",
) -> str:
    """Lines for a terminal.

    Args:
        result: What to show.
        end: How the model stands, from `closing`.
        others: Targets that still train on these rows' layout.
        today: For the age of prices.
        language: Of the words.
    """
    zh = language == "zh"
    lines: list[str] = []
    if end is not None:
        lines.append(closing_line(result.model.name, end, others, language=language))
        lines.append("")
    rows = list(_rows_zh(result, today) if zh else _rows_en(result, today))
    width = max(columns(label) for label, _ in rows)
    lines += [f"{label}{' ' * (width - columns(label))}  {value}" for label, value in rows]
    return "\n".join(lines)


def closing_line(
    name: str, end: Closing, others: Sequence[str], *, language: Language = "en"
) -> str:
    """What happens to the model and when; then who else trains."""
    if language == "zh":
        basis = f"（{end.source}，截至 {end.as_of}）"
        if end.state == "gone":
            line = f"{name} 已停用：其微调模型于 {end.retires} 停止回答{basis}"
        else:
            jobs = f"自 {end.last_training} 起不再接受新的训练任务" if end.last_training else ""
            stop = f"其微调模型于 {end.retires} 停止回答" if end.retires else ""
            state = "即将关闭" if end.state == "announced" else "已不再训练"
            line = f"{name} {state}：{'；'.join(filter(None, [jobs, stop]))}{basis}"
        if others:
            names = "、".join(others)
            line += f"\n读取此格式且未宣布停止训练：{names}（用 `evalkit lint --target` 检查数据）"
        return line
    basis = f" ({end.source}, as of {end.as_of})"
    if end.state == "gone":
        line = f"{name} is gone: its tuned versions stopped answering on {end.retires}{basis}"
    else:
        verb = "no new training jobs from" if end.state == "announced" else "no training jobs since"
        jobs = f"{verb} {end.last_training}" if end.last_training else ""
        stop = f"its tuned versions stop answering on {end.retires}" if end.retires else ""
        state = "closes" if end.state == "announced" else "trains no more"
        line = f"{name} {state}: {', '.join(filter(None, [jobs, stop]))}{basis}"
    if others:
        line += (
            f"\nread this layout and have announced no end: {', '.join(others)} "
            "(`evalkit lint --target` checks the rows)"
        )
    return line


def left_out_line(result: Estimate, language: Language = "en") -> str:
    """One line that names the records that were not counted; empty where there are none."""
    if not result.left_out:
        return ""
    first = result.left_out_rows[:_NAMED]
    shown = ", ".join(printable(str(location)) for location in first)
    more = result.left_out - len(first)
    if language == "zh":
        rest = f" 等共 {result.left_out} 条" if more else ""
        return (
            f"未计入 {result.left_out} 条读不出对话的记录：{shown}{rest}（`evalkit lint` 说明原因）"
        )
    rest = f" and {more:,} more" if more else ""
    records = "record holds" if result.left_out == 1 else "records hold"
    return (
        f"not counted: {result.left_out:,} {records} no readable conversation: {shown}{rest} "
        "(`evalkit lint` says why)"
    )


def _rows_en(result: Estimate, today: date) -> Iterator[tuple[str, str]]:
    model, limit = result.model, result.model.training_limit
    yield "model", f"{model.name} ({result.encoding})"
    files = f" in {len(result.files)} files" if len(result.files) > 1 else ""
    yield "examples", f"{result.examples:,}{files}"
    yield (
        "tokens per epoch",
        (
            f"{result.billed_per_epoch:,} billed, {result.cookbook_per_epoch:,} by the cookbook's "
            f"script, {result.loss_per_epoch:,} learned"
        ),
    )
    foreign = model.target != "openai" and result.epochs.rule == "openai-auto"
    assumed = f"; OpenAI's rule, none of {model.target} is known" if foreign else ""
    yield "epochs", f"{result.epochs.number} ({result.epochs.reason['en']}{assumed})"
    yield (
        "steps",
        "not known without --batch-size"
        if result.steps is None
        else f"{result.steps:,} at batch size {result.batch_size}",
    )
    yield "billed tokens", f"{result.billed_tokens:,} ({result.cookbook_tokens:,} by the cookbook)"
    yield "cost", _cost_en(result, today)
    context = f"{model.context:,}" if model.context else "not known"
    bound = f"{limit:,}" if limit else "not known"
    yield "longest example", f"{result.longest:,} tokens; training limit {bound}, context {context}"
    if result.over_long:
        rows = ", ".join(printable(str(row.location)) for row in result.cut_rows[:_NAMED])
        rest = ", ..." if result.over_long > _NAMED else ""
        yield (
            "over-long",
            (
                f"{result.over_long:,} cut at {bound}: {result.lost:,} answer tokens lost "
                f"per epoch ({rows}{rest})"
            ),
        )
    if result.with_tools:
        yield "tools", f"defined in {result.with_tools:,} examples: counted within about 2 %"
    if result.with_media:
        yield "media", f"images or files in {result.with_media:,} examples are not counted"


def _cost_en(result: Estimate, today: date) -> str:
    cost, hourly = result.cost, result.model.training_per_hour
    if cost is not None:
        age = f", {(today - cost.as_of).days} days old" if cost.old(today) else ""
        return (
            f"{_sum(cost)} at ${cost.usd_per_mtok} per 1M tokens (as of {cost.as_of}{age}; "
            f"{cost.source})"
        )
    if hourly is not None:
        return (
            f"billed by time: ${hourly.usd_per_hour} per hour (as of {hourly.as_of}; "
            f"{hourly.source})"
        )
    return "not known: no training price is on record for this model"


def _rows_zh(result: Estimate, today: date) -> Iterator[tuple[str, str]]:
    model, limit = result.model, result.model.training_limit
    yield "模型", f"{model.name}（{result.encoding}）"
    files = f"，共 {len(result.files)} 个文件" if len(result.files) > 1 else ""
    yield "样本", f"{result.examples:,}{files}"
    yield (
        "每轮 token",
        (
            f"计费 {result.billed_per_epoch:,}，cookbook 脚本 {result.cookbook_per_epoch:,}，"
            f"参与学习 {result.loss_per_epoch:,}"
        ),
    )
    foreign = model.target != "openai" and result.epochs.rule == "openai-auto"
    assumed = f"；按 OpenAI 的规则，{model.target} 的规则未知" if foreign else ""
    yield "训练轮数", f"{result.epochs.number}（{result.epochs.reason['zh']}{assumed}）"
    yield (
        "训练步数",
        "未知：请用 --batch-size 指定批大小"
        if result.steps is None
        else f"{result.steps:,}（批大小 {result.batch_size}）",
    )
    yield "计费 token", f"{result.billed_tokens:,}（cookbook 算法 {result.cookbook_tokens:,}）"
    yield "费用", _cost_zh(result, today)
    context = f"{model.context:,}" if model.context else "未知"
    bound = f"{limit:,}" if limit else "未知"
    yield "最长样本", f"{result.longest:,} 个 token；训练上限 {bound}，上下文 {context}"
    if result.over_long:
        rows = "、".join(printable(str(row.location)) for row in result.cut_rows[:_NAMED])
        rest = " 等" if result.over_long > _NAMED else ""
        yield (
            "超长样本",
            (
                f"{result.over_long:,} 条在 {bound} 处截断，每轮丢失回答 {result.lost:,} 个 token"
                f"（{rows}{rest}）"
            ),
        )
    if result.with_tools:
        yield "工具定义", f"{result.with_tools:,} 条样本带工具定义，其 token 数误差约 2 %"
    if result.with_media:
        yield "图片文件", f"{result.with_media:,} 条样本带图片或文件，其 token 未计入"


def _cost_zh(result: Estimate, today: date) -> str:
    cost, hourly = result.cost, result.model.training_per_hour
    if cost is not None:
        age = f"，已过 {(today - cost.as_of).days} 天" if cost.old(today) else ""
        return (
            f"{_sum(cost)}，单价每百万 token ${cost.usd_per_mtok}（{cost.as_of} 的价格{age}；"
            f"{cost.source}）"
        )
    if hourly is not None:
        return (
            f"按时间计费：每小时 ${hourly.usd_per_hour}（{hourly.as_of} 的价格；{hourly.source}）"
        )
    return "未知：没有这个模型的训练价格"


def _sum(cost: Cost) -> str:
    return (
        f"${Decimal(cost.amount):,}" if cost.currency == "USD" else f"{cost.amount} {cost.currency}"
    )
