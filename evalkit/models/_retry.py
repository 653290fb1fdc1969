# SPDX-License-Identifier: Apache-2.0
"""Asks again where that may help, and never where it may not.

| what happened                              | what we do                                     |
|--------------------------------------------|------------------------------------------------|
| 429 with Retry-After                       | wait that long, ten minutes at most            |
| 408 409 429 500 502 503 504, cut answers   | at most 5 attempts, exponential, full jitter   |
| no answer in time                          | at most 1 more: it may have been paid for      |
| connection refused before any answer       | stop at once: the address is wrong             |
| connection lost later                      | at most 5 attempts, then stop                  |
| insufficient quota, 401 402 403 404        | never; the run stops and can be resumed        |
| 400 413 422 and other 4xx                  | never; this request's answer is an error       |
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Model, Reply, Request
from evalkit.models._faults import RequestError, TimedOutError, UnreachableError

__all__ = ["ATTEMPTS", "LONGEST_WAIT", "retrying", "wait_before"]

ATTEMPTS = 5
LONGEST_WAIT = 600.0  # seconds that a Retry-After may ask for
_FIRST_STEP = 0.5
_LAST_STEP = 30.0

Sleep = Callable[[float], Awaitable[None]]


def retrying(
    answer: Model,
    *,
    sleep: Sleep = asyncio.sleep,
    jitter: Callable[[], float] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Callable[[Request], Awaitable[tuple[Reply, float]]]:
    """Wrap a model so that each request ends in a reply or in an error that stops the run.

    Args:
        answer: Raises `RemoteError` and its kinds in `_faults`.
        sleep: Waits so many seconds.
        jitter: A number in [0, 1) each time; a fixed sequence makes tests repeatable.
        clock: Seconds.

    Returns:
        A function to the reply and the seconds that the last attempt took, without the waiting.
    """
    draw = jitter or random.Random().random  # noqa: S311  spreads load, guards nothing
    reached = False

    async def ask(request: Request) -> tuple[Reply, float]:
        nonlocal reached
        attempt = 0
        while True:
            attempt += 1
            start = clock()
            try:
                reply = await answer(request)
            except RemoteError as fault:
                if not _again(fault, attempt, reached=reached):
                    if isinstance(fault, RequestError):
                        return Reply(text="", finish="error", error=fault.message), clock() - start
                    raise
                await sleep(wait_before(attempt + 1, fault.retry_after, draw()))
            else:
                reached = True
                return reply, clock() - start

    return ask


def wait_before(attempt: int, retry_after: float | None, drawn: float) -> float:
    """Seconds to wait before an attempt (2 is the first repetition).

    Args:
        attempt: Which one is to come.
        retry_after: What the remote asked for.
        drawn: In [0, 1): full jitter, so that many clients do not come back together.
    """
    if retry_after is not None:
        return min(max(retry_after, 0.0), LONGEST_WAIT)
    return drawn * min(_LAST_STEP, _FIRST_STEP * 2.0 ** (attempt - 1))


def _again(fault: RemoteError, attempt: int, *, reached: bool) -> bool:
    if isinstance(fault, TimedOutError):
        return attempt < 2
    if isinstance(fault, UnreachableError) and not reached:
        return False
    return fault.retryable and attempt < ATTEMPTS
