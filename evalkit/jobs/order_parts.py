# SPDX-License-Identifier: Apache-2.0
"""Parts of an order under way: which files are where, what is told of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.core.errors import RemoteError
from evalkit.core.printable import excerpt
from evalkit.jobs.job import Job, Order, RemoteFile
from evalkit.jobs.record import Record
from evalkit.jobs.words import Line
from evalkit.models._faults import UnreachableError

__all__ = ["going_line", "ids_of", "never_made", "over_line", "sent_before", "with_files"]

_TOO_MANY = 429  # refused for its rate


def never_made(fault: RemoteError) -> bool:
    """Whether it is certain that no job came of an order."""
    refused = not fault.retryable or fault.status == _TOO_MANY
    return refused or isinstance(fault, UnreachableError)


def sent_before(kept: Sequence[Record], order: Order, key_env: str | None) -> dict[str, str]:
    """Digest to the provider's id of files that other orders sent to the same account."""
    found: dict[str, str] = {}
    for one in kept:  # the youngest first
        if (one.target, one.url, one.key_env) == (order.target, order.url, key_env):
            for part in (one.train, one.validation):
                if part is not None and part.id is not None:
                    found.setdefault(part.sha256, part.id)
    return found


def ids_of(
    files: tuple[RemoteFile | None, RemoteFile | None], record: Record | None
) -> tuple[str | None, str | None]:
    """The files' ids at the provider; of those that are not there, as the record has them."""
    train, validation = files
    parts = (None, None) if record is None else (record.train, record.validation)
    known = [None if part is None else part.id for part in parts]
    return (
        known[0] if train is None else train.id,
        known[1] if validation is None else validation.id,
    )


def with_files(record: Record, files: tuple[RemoteFile | None, RemoteFile | None]) -> Record:
    """The record with the ids of what is there."""
    train, validation = files
    held = record.validation
    return replace(
        record,
        train=record.train if train is None else replace(record.train, id=train.id),
        validation=held if held is None or validation is None else replace(held, id=validation.id),
    )


def going_line(shown: str, size: int, host: str | None) -> Line:
    """That a file is sent now; host None = it is copied on this machine."""
    if host is None:
        return Line(
            f"copying {shown} ({size:,} bytes), so that the job has it whatever becomes of it",
            f"正在复制 {shown}（{size:,} 字节），供任务使用",
        )
    return Line(
        f"uploading {shown} ({size:,} bytes) to {host}",
        f"正在上传 {shown}（{size:,} 字节）到 {host}",
    )


def over_line(job: Job) -> Line:
    """That an order whose job has failed or was cancelled is ordered again."""
    states = {"failed": "失败", "cancelled": "取消"}
    return Line(
        f"the job {excerpt(job.id)} of this order {job.state}: ordering it again"
        if job.state == "failed"
        else f"the job {excerpt(job.id)} of this order was {job.state}: ordering it again",
        f"此订单的任务 {excerpt(job.id)} 已{states.get(job.state, job.state)}，重新提交",
    )
