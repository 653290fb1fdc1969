# SPDX-License-Identifier: Apache-2.0
"""`evalkit job show`: all that is known of one job."""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from evalkit.cli._job_options import (
    JOB,
    ChosenJob,
    chosen_job,
    echo_json,
    job_options,
    left_out,
    named_target,
    where_of,
)
from evalkit.core.printable import excerpt, printable
from evalkit.core.strings import language
from evalkit.jobs.words import Line

if TYPE_CHECKING:
    from evalkit.jobs.job import Job
    from evalkit.jobs.record import Record

__all__ = ["command"]


@click.command(name="show")
@JOB
@job_options
def command(job: str, **given: Any) -> int:
    """Show all that is known of JOB: its order, its state, what it cost beside the estimate."""
    from evalkit.cli._job_submit_text import job_document
    from evalkit.jobs.record import record_of

    spoken = language(given["lang"])
    folder, said = where_of(given).folder, left_out()
    kept = record_of(folder, job, target=named_target(given), left_out=said)
    chosen, found = None, None
    if kept is None or kept.job is not None:
        chosen = chosen_job(job, given)
        kept, found = chosen.record, asyncio.run(_seen(chosen))
    if given["output_format"] == "json":
        document = {
            "schema": 1,
            "job": None if found is None else job_document(found),
            "record": None if kept is None else asdict(kept),
        }
        echo_json(document)
        return 0
    lines = [*_of_job(found)] if found is not None else []
    if kept is not None:
        lines += [*_of_record(kept), *(_beside(kept, found) if found is not None else ())]
        if kept.job is None:
            lines.append(_unsent(kept))
    for line in lines:
        click.echo(line.of(spoken))
    return 0


async def _seen(chosen: ChosenJob) -> Job:
    from evalkit.jobs.pace import Pace
    from evalkit.jobs.seam import open_provider

    async with open_provider(chosen.target, chosen.where) as provider:

        async def ask() -> Job:
            return await provider.job(chosen.job)

        return await Pace().insist(ask)


def _of_job(job: Job) -> Iterator[Line]:
    from evalkit.cli._job_watch_show import state_line
    from evalkit.jobs.results.words import when

    name = excerpt(job.id, 100)
    yield Line(
        f"job {name} ({job.target}): {state_line(job, 'en')}",
        f"任务 {name}（{job.target}）：{state_line(job, 'zh')}",
    )
    yield _pair("model", "模型", job.model)
    if job.tuned_model is not None:
        yield _pair("tuned model", "微调模型", job.tuned_model)
    if job.error is not None:
        yield _pair("why it failed", "失败原因", f"{job.error.code}: {job.error.message}")
    yield Line(f"made: {when(job.created)}", f"创建时间：{when(job.created)}")
    if job.finished is not None:
        yield Line(f"ended: {when(job.finished)}", f"结束时间：{when(job.finished)}")
    elif job.estimated_finish is not None:
        end = when(job.estimated_finish)
        yield Line(f"expected to end: {end}", f"预计结束：{end}")
    yield from _how(job)


def _how(job: Job) -> Iterator[Line]:
    """How it is trained, on what."""
    from evalkit.jobs.results.words import method_name

    if job.method is not None:
        method = method_name(job.method)
        yield Line(f"method: {method.plain('en')}", f"方法：{method.plain('zh')}")
    used = ", ".join(f"{name} {value}" for name, value in job.hyperparameters.items())
    pairs = ", ".join(f"{name}={value}" for name, value in job.metadata.items())
    for en, zh, value in (
        ("hyperparameters", "超参数", used),
        ("suffix", "后缀", job.suffix),
        ("seed", "随机种子", None if job.seed is None else str(job.seed)),
        ("training file", "训练文件", job.training_file),
        ("validation file", "验证文件", job.validation_file),
        ("result files", "结果文件", ", ".join(job.result_files)),
        ("metadata", "元数据", pairs),
    ):
        if value:
            yield _pair(en, zh, value)


def _of_record(record: Record) -> Iterator[Line]:
    from evalkit.jobs.results.words import when

    yield Line(
        f"order {record.key[:16]}: {when(record.created)}, {record.target}, "
        f"{printable(record.model)}, from {printable(record.train.path)}",
        f"订单 {record.key[:16]}：{when(record.created)}，{record.target}，"
        f"{printable(record.model)}，数据 {printable(record.train.path)}",
    )


def _beside(record: Record, job: Job) -> Iterator[Line]:
    """What was estimated, beside what it came to."""
    estimate = record.estimate
    if estimate is None:
        return
    told, usd = estimate.get("tokens"), estimate.get("usd")
    if not isinstance(told, int):
        return
    cost = f" (${usd})" if usd is not None else ""
    cost_zh = f"（${usd}）" if usd is not None else ""
    if job.trained_tokens is None:
        yield Line(f"estimated: {told:,} tokens{cost}", f"估算：{told:,} 个 token{cost_zh}")
        return
    off = f", {(job.trained_tokens / told - 1):+.1%}" if told else ""
    off_zh = off.replace(", ", "，")
    billed, billed_zh = _billed(job.trained_tokens, told, usd)
    yield Line(
        f"trained: {job.trained_tokens:,} tokens{billed}; estimated: {told:,}{cost}{off}",
        f"实际训练 {job.trained_tokens:,} 个 token{billed_zh}；估算 {told:,}{cost_zh}{off_zh}",
    )


def _billed(actual: int, told: int, usd: Any) -> tuple[str, str]:
    """What the trained tokens cost at the price of the estimate."""
    from decimal import Decimal, InvalidOperation

    from evalkit.estimation.cost import spoken

    try:
        price = Decimal(str(usd)) / told
    except (InvalidOperation, ZeroDivisionError):
        return "", ""
    cost = spoken((price * actual).quantize(Decimal("0.00000001")))
    return f" (about {cost})", f"（约 {cost}）"


def _unsent(record: Record) -> Line:
    words = ["evalkit", "job", "submit", record.train.path]
    resumed = shlex.join([*words, "--model", record.model, "--target", record.target])
    resumed = printable(resumed)
    return Line(
        f"no job yet: it stopped while `{record.state}`; go on: {resumed}, with the same options",
        f"尚无任务：在 `{record.state}` 时中断；继续：{resumed}，并使用相同选项",
    )


def _pair(en: str, zh: str, value: str) -> Line:
    shown = excerpt(value, 300)
    return Line(f"{en}: {shown}", f"{zh}：{shown}")
