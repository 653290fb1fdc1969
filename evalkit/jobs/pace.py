# SPDX-License-Identifier: Apache-2.0
"""How long an order waits for what; questions that do no harm are asked again, orders never."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from evalkit.core.errors import RemoteError
from evalkit.models._faults import UnreachableError
from evalkit.models._retry import ATTEMPTS, wait_before

__all__ = ["Pace"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds.

    Attributes:
        settle: After which the request of a killed process, or one whose answer was lost, can no
            longer bring a file or a job about.
        answer: That a request may last: somebody killed at its end has begun it so long ago.
        look: Between two looks for what such a request made.
        tie: After which no other job can bear the date of ours: providers say whole seconds.
        ready: That the provider has for looking through an upload.
        longest: Of one wait before a question is asked again.
        sleep: Waits so long.
    """

    settle: float = 10.0
    answer: float = 120.0
    look: float = 1.0
    tie: float = 1.0
    ready: float = 600.0
    longest: float = 30.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def insist(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question that does no harm when repeated; at most 5 attempts.

        Raises:
            RemoteError: The last attempt's, or one that repeating does not mend.
        """
        for attempt in range(2, ATTEMPTS + 2):
            try:
                return await ask()
            except RemoteError as fault:
                hopeless = not fault.retryable or isinstance(fault, UnreachableError)
                if hopeless or attempt > ATTEMPTS:
                    raise
                wait = wait_before(attempt, fault.retry_after, random.random())  # noqa: S311
            await self.sleep(min(wait, self.longest))
        raise AssertionError  # the last attempt returned or raised

    async def found(self, look: Callable[[], Awaitable[T | None]], *, within: float) -> T | None:
        """What a look finds, tried again for so many seconds; None where it finds nothing.

        Raises:
            RemoteError: As `insist`.
        """
        left = within
        while True:
            if (seen := await self.insist(look)) is not None or left <= 0:
                return seen
            await self.sleep(min(self.look, left))
            left -= self.look
