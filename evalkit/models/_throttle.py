# SPDX-License-Identifier: Apache-2.0
"""How many requests may be under way, and for how long a remote wants none.

When a remote asks for time (Retry-After), every request to it waits, not only the one that heard
it: the others would be refused too, and refused requests count against the limit.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Model, Reply, Request
from evalkit.models._retry import LONGEST_WAIT

__all__ = ["throttled"]


def throttled(
    answer: Model,
    *,
    concurrency: int,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Model:
    """Wrap a model so that at most `concurrency` requests are under way, none in a pause.

    Args:
        answer: What is asked.
        concurrency: At least 1.
        sleep: Waits so many seconds.
        clock: Seconds, monotonic.
    """
    free = asyncio.Semaphore(max(1, concurrency))
    resume = 0.0

    async def ask(request: Request) -> Reply:
        nonlocal resume
        async with free:
            while (wait := resume - clock()) > 0:
                await sleep(wait)
            try:
                return await answer(request)
            except RemoteError as fault:
                if fault.retryable and fault.retry_after is not None:
                    resume = max(resume, clock() + min(fault.retry_after, LONGEST_WAIT))
                raise

    return ask
