# SPDX-License-Identifier: Apache-2.0
"""What `evalkit job submit` says before and after it sends, in words and as a document."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from evalkit.core.printable import excerpt, printable
from evalkit.jobs.words import Line

if TYPE_CHECKING:
    from evalkit.core.errors import EvalkitError
    from evalkit.estimation.outlook import Outlook
    from evalkit.jobs.checks.check import Checked
    from evalkit.jobs.job import Job
    from evalkit.jobs.sending import Submitted

__all__ = ["job_document", "outcome_document", "outcome_lines", "plan_document", "plan_lines"]


def plan_lines(
    passed: Checked, host: str | None, lack: EvalkitError | None = None
) -> Iterator[Line]:
    """What is about to be sent, where, what it takes, and what it lacks."""
    order = passed.order
    files = [f"{printable(str(order.train.path))} ({order.train.size:,} bytes)"]
    files_zh = [f"{printable(str(order.train.path))}（{order.train.size:,} 字节）"]
    if (held := order.validation) is not None:
        files.append(f"{printable(str(held.path))} ({held.size:,} bytes)")
        files_zh.append(f"{printable(str(held.path))}（{held.size:,} 字节）")
    rows = "1 row" if passed.examples == 1 else f"{passed.examples:,} rows"
    model = printable(order.model)
    yield Line(
        f"{' and '.join(files)}: {rows} to train {model} ({order.method})",
        f"{'、'.join(files_zh)}：{passed.examples:,} 行，训练 {model}（{order.method}）",
    )
    if host is None:
        yield Line(
            "on this machine: nothing is sent anywhere", "在本机训练：数据不会发送到任何地方"
        )
    else:
        yield Line(f"they go to {host} ({order.target})", f"发送到 {host}（{order.target}）")
    yield from _costs(passed.outlook, here=host is None)
    yield from passed.dates
    if passed.warnings:
        what = "1 warning" if passed.warnings == 1 else f"{passed.warnings:,} warnings"
        see = f"evalkit lint {shlex.quote(str(order.train.path))} --target {order.target}"
        yield Line(f"lint: {what} ({see})", f"lint：{passed.warnings:,} 条警告（{see}）")
    if lack is not None:
        yield Line(f"not yet: {_of_lack(lack)}", f"尚不能训练：{_of_lack(lack)}")


def _of_lack(lack: EvalkitError) -> str:
    return "; ".join(filter(None, (lack.message, lack.hint)))


def _costs(outlook: Outlook | None, *, here: bool) -> Iterator[Line]:
    if outlook is None:
        yield Line("no estimate: nothing is on record of this model", "无法估算：没有该模型的资料")
        return
    from evalkit.estimation.cost import spoken

    estimate, cost = outlook.estimate, outlook.cost
    epochs = estimate.epochs.number
    steps = "" if estimate.steps is None else f", {estimate.steps:,} steps"
    steps_zh = "" if estimate.steps is None else f"，{estimate.steps:,} 步"
    tokens = f"{estimate.billed_tokens:,}"
    sum_en, sum_zh = "its price is not on record", "价格未知"
    if cost is not None:
        about = spoken(cost.amount, cost.currency)
        sum_en = f"about {about} (price of {cost.as_of})"
        sum_zh = f"约 {about}（{cost.as_of} 的价格）"
    if here:
        sum_en, sum_zh = "free", "免费"
    passes = "1 epoch" if epochs == 1 else f"{epochs} epochs"
    yield Line(
        f"{tokens} tokens over {passes}{steps}: {sum_en}",
        f"{epochs} 轮共 {tokens} 个 token{steps_zh}：{sum_zh}",
    )


def outcome_lines(done: Submitted) -> Iterator[Line]:
    """What became of the order, and what comes next."""
    from evalkit.jobs.results.words import state_name

    job = done.job
    name, said, said_zh = excerpt(job.id, 100), job.state, state_name(job.state).plain("zh")
    if not done.found:
        yield Line(f"job {name} is {said}", f"任务 {name}：{said_zh}")
    elif job.tuned_model is not None:
        tuned = excerpt(job.tuned_model, 200)
        yield Line(
            f"this order has its job already: {name} made {tuned}; --again orders another",
            f"此订单已有任务：{name} 已得到 {tuned}；--again 可再次提交",
        )
    else:
        yield Line(
            f"this order has its job already: {name} is {said}; --again orders another",
            f"此订单已有任务：{name}（{said_zh}）；--again 可再次提交",
        )
    if job.state != "succeeded":
        line = f"evalkit job watch {shlex.quote(name)}"
        yield Line(f"follow it: {line}", f"查看进度：{line}")


def plan_document(
    passed: Checked, host: str | None, lack: EvalkitError | None = None
) -> dict[str, Any]:
    """The same for machines."""
    order = passed.order
    document: dict[str, Any] = asdict(order)
    for which in ("train", "validation"):
        if document[which] is not None:
            document[which]["path"] = str(document[which]["path"])
    return {
        "schema": 1,
        "sent": False,
        "key": order.key,
        "host": host,
        "order": document,
        "examples": passed.examples,
        "warnings": passed.warnings,
        "estimate": passed.estimate,
        "dates": [line.en for line in passed.dates],
        "missing": None if lack is None else _of_lack(lack),
    }


def outcome_document(done: Submitted) -> dict[str, Any]:
    """The same for machines."""
    return {
        "schema": 1,
        "sent": True,
        "found": done.found,
        "job": job_document(done.job),
        "record": asdict(done.record),
    }


def job_document(job: Job) -> dict[str, Any]:
    """A job as a document, without what only the archive keeps."""
    document = asdict(job)
    del document["document"]
    return document
