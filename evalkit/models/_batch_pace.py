# SPDX-License-Identifier: Apache-2.0
"""How long the batch route waits for what, and what ends the waiting early."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from evalkit.core.errors import RemoteError
from evalkit.models._batch_running import Running
from evalkit.models._retry import ATTEMPTS, wait_before
from evalkit.models._terms import Terms

__all__ = ["Pace", "Patience"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Seconds between looks at a batch, which takes minutes to a day.

    Attributes:
        first: Before the second look.
        most: Between looks in the end.
        growth: From one to the next, at least 1.
        settle: After which a request of a killed process can no longer arrive at the provider.
        sleep: Waits so many seconds.
    """

    first: float = 30.0
    most: float = 300.0
    growth: float = 1.5
    settle: float = 60.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def after(self, seconds: float) -> float:
        """The wait that follows one of so many seconds."""
        return min(self.most, max(self.first, seconds * self.growth))


class Patience:
    """Waits, unless the user stops the run or its deadline comes first."""

    def __init__(self, pace: Pace, terms: Terms, running: Running) -> None:
        """Set up.

        Args:
            pace: How long to wait.
            terms: What ends the waiting.
            running: What goes on without us then.
        """
        self.pace = pace
        self._terms = terms
        self._running = running

    def check(self) -> None:
        """Go on only where nothing says to stop.

        Raises:
            StoppedError: The user stopped the run.
            RemoteError: Its deadline has come.
        """
        if self._terms.stop is not None and self._terms.stop.is_set():
            raise self._running.stopped()
        if self._terms.deadline is not None and time.monotonic() >= self._terms.deadline:
            raise self._running.late()

    async def wait(self, seconds: float) -> None:
        """Wait so long, or until there is a reason to stop, which is raised as by `check`."""
        self.check()
        if self._terms.deadline is not None:
            seconds = min(seconds, max(0.0, self._terms.deadline - time.monotonic()))
        sleeping = asyncio.ensure_future(self.pace.sleep(seconds))
        waiting = [sleeping]
        if self._terms.stop is not None:
            waiting.append(asyncio.ensure_future(self._terms.stop.wait()))  # type: ignore[arg-type]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self.check()

    async def insist(self, call: Callable[[], Awaitable[T]]) -> T:
        """What a call gives that does no harm when repeated; at most 5 attempts.

        Raises:
            RemoteError: The last attempt's, or one that repeating does not mend.
        """
        attempt = 1
        while True:
            self.check()
            try:
                return await call()
            except RemoteError as fault:
                attempt += 1
                if not fault.retryable or attempt > ATTEMPTS:
                    raise
                wait = wait_before(attempt, fault.retry_after, 0.5)
            await self.wait(min(wait, self.pace.most))
