# SPDX-License-Identifier: Apache-2.0
"""Two machines that order the same in the same second: the older job stays, the other is cancelled.

| seen a moment after our job was made    | what we do                                         |
|-----------------------------------------|----------------------------------------------------|
| no other living job of the order        | ours is the job                                    |
| younger ones                            | ours is the job; who made them cancels them        |
| an older one                            | cancel ours, follow the oldest                     |
| several, of which ours is not known     | follow the oldest, name the others, cancel none    |

Older is what was made earlier, and of the same second what has the smaller id: whoever looks once
that second is over sees the same jobs, and says the same.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from evalkit.core.errors import RemoteError
from evalkit.core.printable import excerpt
from evalkit.jobs.job import KEY, Job, Order
from evalkit.jobs.pace import Pace
from evalkit.jobs.refusals import TwinsError
from evalkit.jobs.seam import Provider
from evalkit.jobs.words import Line

__all__ = [
    "can_be_told",
    "cancelled_for",
    "followed_line",
    "living",
    "older_twin",
    "several_line",
]


def can_be_told(provider: Provider, order: Order, job: Job) -> bool:
    """Whether its list of jobs shows our keys, and others than this machine order there."""
    return provider.host is not None and _carries(job, order)


def _carries(job: Job, order: Order) -> bool:
    """Whether a job says that it is of that order: in its metadata, or where ids are ours there."""
    return job.metadata.get(KEY) == order.key or order.key in job.id


async def older_twin(
    provider: Provider, order: Order, ours: Job, *, besides: Collection[str], pace: Pace
) -> Job | None:
    """The oldest living job of the order, where that is not ours.

    Args:
        provider: To ask.
        order: What was ordered.
        ours: The job that we made a moment ago.
        besides: Ids of jobs of the order that were known before.
        pace: How long to wait for what.

    Raises:
        RemoteError: The provider could not be asked.
    """
    seen: list[Job] = []

    async def listed() -> bool | None:
        seen[:] = [job async for job in provider.jobs(key=order.key)]
        return any(job.id == ours.id for job in seen) or None  # a list may lag behind

    await pace.sleep(pace.tie)
    try:
        await pace.found(listed, within=pace.settle)
    except RemoteError as fault:
        raise RemoteError(
            f"the job {excerpt(ours.id)} is there; whether another machine ordered the same at "
            f"this moment could not be looked up: {fault.message}",
            "run the same command again: it goes on there",
            status=fault.status,
            retryable=True,
        ) from fault
    alive = {job.id: job for job in seen if _lives(job, order, besides)}
    oldest = min({ours.id: ours, **alive}.values(), key=_age)
    return None if oldest.id == ours.id else oldest


async def living(
    provider: Provider, order: Order, *, besides: Collection[str], pace: Pace
) -> list[Job]:
    """Jobs of the order that have not ended, the oldest first; arguments as `older_twin`.

    Raises:
        RemoteError: The provider could not be asked.
    """

    async def ask() -> list[Job]:
        return [job async for job in provider.jobs(key=order.key) if _lives(job, order, besides)]

    return sorted(await pace.insist(ask), key=_age)


def _lives(job: Job, order: Order, besides: Collection[str]) -> bool:
    over = job.ended or job.finished is not None
    return _carries(job, order) and job.id not in besides and not over


def _age(job: Job) -> tuple[float, str]:
    return (math.inf if job.created is None else job.created, job.id)


async def cancelled_for(provider: Provider, ours: Job, older: Job, *, pace: Pace) -> None:
    """Cancel our job, unless it has ended by itself.

    Raises:
        TwinsError: The provider does not cancel it: both go on.
        RemoteError: The provider could not be asked.
    """
    try:
        await pace.insist(lambda: provider.cancel(ours.id))
    except RemoteError as fault:
        if fault.retryable:
            raise
        now = await pace.insist(lambda: provider.job(ours.id))
        if now.ended:
            return
        raise TwinsError(
            f"{provider.name} has two jobs of this order, {excerpt(older.id)} and the later "
            f"{excerpt(ours.id)}, which it does not cancel: {fault.message}",
            "stop one of them: `evalkit job cancel ID --target "
            f"{provider.name}`, or on the provider's web page",
        ) from fault


def followed_line(ours: Job, older: Job) -> Line:
    """That ours was cancelled for the older one."""
    mine, other = excerpt(ours.id), excerpt(older.id)
    return Line(
        f"another machine ordered the same at this moment: {other} is older and is followed, "
        f"ours ({mine}) was cancelled",
        f"另一台机器同时提交了相同订单：保留较早的 {other}，已取消本机的 {mine}",
    )


def several_line(found: Sequence[Job], target: str) -> Line:
    """That several jobs of the order live, of which nobody knows which one is ours."""
    first, *others = (excerpt(job.id) for job in found)
    more = ", ".join(others)
    return Line(
        f"{1 + len(others)} jobs of this order go on: {first} is the oldest and is followed; each "
        f"costs money, so if nobody wants {more}: evalkit job cancel ID --target {target}",
        f"此订单有 {1 + len(others)} 个任务在进行：将跟踪最早的 {first}；每个任务都会计费，"
        f"如无人需要 {more}：evalkit job cancel ID --target {target}",
    )
