# SPDX-License-Identifier: Apache-2.0
"""Follows a job until it has ended, whatever becomes of the network on the way.

| what happened                            | what we do                                        |
|------------------------------------------|---------------------------------------------------|
| nothing new                              | look again, a little later each time              |
| no connection, no answer, 408 409 429 5xx| say so, wait (Retry-After counts), look again     |
| the same for longer than `give_up`       | end with the error: the job goes on without us    |
| 401 403 404 and other refusals           | end with the error: looking again does not help   |
| a state that is an end, known or not     | the last events if they can be had, then end      |
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from evalkit.core.errors import RemoteError
from evalkit.jobs.job import Event, Job
from evalkit.jobs.seam import Provider
from evalkit.jobs.watching.seen import Seen

__all__ = ["Away", "Back", "Happened", "Looked", "Notice", "Patience", "ended", "watch", "worked"]

_AT_THE_END = 3  # tries to get the last events of a job that has ended
_LONGEST_WAIT = 600.0  # seconds that a Retry-After may ask for


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for what.

    Attributes:
        every: Seconds between looks while something happens.
        growth: From one look to the next while nothing does.
        most: Times `every` between looks in the end.
        first: Seconds before the first try after the network was lost; each later one twice that.
        last: Seconds between tries in the end.
        give_up: Seconds without any answer after which to end; None = never.
        sleep: Waits so many seconds.
        clock: Seconds, monotonic.
        draw: In [0, 1): spreads tries, so that many clients do not come back together.
    """

    every: float = 10.0
    growth: float = 1.25
    most: float = 6.0
    first: float = 1.0
    last: float = 60.0
    give_up: float | None = None
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    draw: Callable[[], float] = random.Random().random  # noqa: S311  spreads load, guards nothing


@dataclass(frozen=True, slots=True)
class Looked:
    """The provider answered.

    Attributes:
        job: As it stands.
        before: As it stood at the last look; None = the first one.
    """

    job: Job
    before: Job | None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event that was not shown before."""

    event: Event


@dataclass(frozen=True, slots=True)
class Away:
    """The provider cannot be asked just now.

    Attributes:
        fault: Why.
        wait: Seconds until the next try.
        tries: In a row that came to nothing.
    """

    fault: RemoteError
    wait: float
    tries: int


@dataclass(frozen=True, slots=True)
class Back:
    """It answers again.

    Attributes:
        seconds: That it did not.
    """

    seconds: float


Notice = Looked | Happened | Away | Back


def ended(job: Job) -> bool:
    """Whether nothing more will happen: a known last state, or any word with a date of the end."""
    return job.ended or job.finished is not None


def worked(job: Job) -> bool:
    """Whether a job that has ended made a model; its word may be one that we do not know."""
    return job.state == "succeeded" or (not job.ended and job.tuned_model is not None)


async def watch(
    provider: Provider,
    job: str,
    *,
    seen: Seen,
    tell: Callable[[Notice], None],
    patience: Patience | None = None,
) -> Job:
    """Follow a job to its end.

    Args:
        provider: Open.
        job: Its id there.
        seen: Which events were shown; each is added to it after it was told.
        tell: Shows a notice; an event counts as shown when it returns.
        patience: How long to wait for what.

    Returns:
        The job as it ended.

    Raises:
        RemoteError: The provider refuses, or was away for longer than `give_up`.
    """
    pace = patience or Patience()
    before: Job | None = None
    wait = pace.every
    lost_at: float | None = None
    tries = 0
    while True:
        try:
            now = await provider.job(job)
            fresh = await _fresh(provider, job, seen, over=ended(now), tries=tries)
        except RemoteError as fault:
            if not fault.retryable:
                raise
            lost_at = pace.clock() if lost_at is None else lost_at
            tries += 1
            pause = _pause(pace, tries, fault, lost_at)
            tell(Away(fault, pause, tries))
            await pace.sleep(pause)
            continue
        if lost_at is not None:
            tell(Back(pace.clock() - lost_at))
            lost_at, tries = None, 0
        tell(Looked(now, before))
        for event in fresh:
            tell(Happened(event))
            seen.add(event.id)
        if ended(now):
            return now
        moved = fresh or before is None or _differs(before, now)
        before = now
        wait = pace.every if moved else min(wait * pace.growth, pace.every * pace.most)
        await pace.sleep(wait)


async def _fresh(
    provider: Provider, job: str, seen: Seen, *, over: bool, tries: int
) -> list[Event]:
    """Events that were not shown yet, oldest first.

    Args:
        provider: To ask.
        job: Its id.
        seen: Those that were shown.
        over: Whether the job has ended: it is not watched for ever for its last events.
        tries: In a row that came to nothing.

    Raises:
        RemoteError: They cannot be had.
    """
    if "events" in provider.lacks:
        return []
    found: dict[str, Event] = {}
    try:
        async for event in provider.events(job, after=seen.after):
            if event.id not in seen:
                found.setdefault(event.id, event)
    except RemoteError as fault:
        if not over or (fault.retryable and tries < _AT_THE_END):
            raise
    return list(found.values())


def _pause(pace: Patience, tries: int, fault: RemoteError, lost_at: float) -> float:
    """Seconds until the next try: what the provider asks for, else doubled, half of it drawn.

    Raises:
        RemoteError: It has lasted too long.
    """
    if fault.retry_after is not None:
        pause = min(max(fault.retry_after, 0.0), _LONGEST_WAIT)
    else:
        pause = min(pace.last, pace.first * 2.0 ** min(tries - 1, 30)) * (0.5 + 0.5 * pace.draw())
    if pace.give_up is None:
        return pause
    left = pace.give_up - (pace.clock() - lost_at)
    if left <= 0:
        raise RemoteError(
            f"gave up after {pace.give_up:g} s without an answer: {fault.message}",
            "the job goes on without us: the same command follows it again",
            status=fault.status,
        ) from fault
    return min(pause, left)


def _differs(before: Job, now: Job) -> bool:
    return (before.state, before.said, before.trained_tokens) != (
        now.state,
        now.said,
        now.trained_tokens,
    )
