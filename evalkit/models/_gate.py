# SPDX-License-Identifier: Apache-2.0
"""When the next request may go out: rates, what is under way, and a provider's wish for quiet.

One gate stands before each model of each server, whichever names a suite gives it: limits are the
server's. When it asks for time (Retry-After), every request waits, not only the one that heard it:
the others would be refused too, and refused requests count against the limit.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from weakref import WeakKeyDictionary

from evalkit.models._bucket import Bucket
from evalkit.models._window import Window

__all__ = ["Gate", "gate_for", "seconds_of"]

_LONGEST = 600.0  # seconds that a server may close the gate for
# Requests whose intent is on disk and that wait for their rate: a crash leaves their fate unknown,
# although they never went out, so they are few.
_AHEAD = 8
# "1s", "6m0s", "86ms", "1h2m3.5s": how OpenAI writes x-ratelimit-reset-* (rate limits guide).
_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")


class Gate:
    """Lets requests through, one at a time, in the order in which they came."""

    def __init__(
        self,
        *,
        most: int,
        start: int = 8,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Set up an open gate.

        Args:
            most: Requests under way at most.
            start: At the beginning; `most` where that is less.
            requests_per_minute: What the user knows of the account; the server's headers may say
                less.
            tokens_per_minute: Likewise, prompt and reserved answer together.
            clock: Seconds, monotonic.
            sleep: Waits so many seconds.
        """
        self.window = Window(most, start=start)
        self.requests = Bucket(requests_per_minute)
        self.tokens = Bucket(tokens_per_minute)
        self._clock, self._sleep = clock, sleep
        self._under_way = 0  # placed, and not left yet
        self._ready = 0  # placed, and not gone out yet
        self._closed_until = 0.0
        self._turn = asyncio.Lock()  # fair: first come, first served
        self._road = asyncio.Lock()
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def enter(self, tokens: int) -> float:
        """Wait until a request may go out, and count it; `place` and `go` in one.

        Args:
            tokens: It may cost: of its prompt and of the longest answer.

        Returns:
            The time at which it goes out.
        """
        await self.place()
        try:
            return await self.go(tokens)
        except BaseException:
            self.leave()
            raise

    async def place(self) -> None:
        """Wait for a place among those under way; what must be done before going out comes next.

        Whoever has a place gives it back by `leave`, and before that goes out by `go` or gives it
        up by `stay`.
        """
        async with self._turn:
            while self._full():
                free = asyncio.get_running_loop().create_future()
                self._waiting.append(free)
                await free
            self._under_way += 1
            self._ready += 1

    async def go(self, tokens: int) -> float:
        """Wait for the rates and for the end of a pause, then count a request that has a place.

        Args:
            tokens: As for `enter`.

        Returns:
            The time at which it goes out.
        """
        try:
            async with self._road:
                while (wait := self._wait()) > 0:
                    await self._sleep(wait)
                now = self._clock()
                self.requests.take(1, now)
                self.tokens.take(tokens, now)
                return now
        finally:
            self.stay()

    def stay(self) -> None:
        """A request with a place does not go out after all."""
        self._ready -= 1
        self._wake()

    def leave(self) -> None:
        """A request that had a place is over, whatever came of it."""
        self._under_way -= 1
        self._wake()

    def closed_for(self) -> float:
        """Seconds for which nothing goes out, as the server wants; 0 = open."""
        return max(0.0, self._closed_until - self._clock())

    def served(self, reserved: int, used: int | None) -> None:
        """It was answered; what it used beyond what was reserved is charged."""
        self.window.served()
        if used is not None:
            self.tokens.correct(reserved, used)

    def refused(self, started: float, seconds: float | None) -> None:
        """It was refused for its rate; the server may have said for how long."""
        now = self._clock()
        self.window.refused(started, now)
        if seconds is not None:
            self._closed_until = max(self._closed_until, now + min(seconds, _LONGEST))

    def heard(self, headers: Mapping[str, str]) -> None:
        """The server's own account of its limits, in the headers of an answer."""
        now = self._clock()
        for bucket, name in ((self.requests, "requests"), (self.tokens, "tokens")):
            if (limit := _number(headers.get(f"x-ratelimit-limit-{name}"))) is not None:
                bucket.learn(limit)
            left = _number(headers.get(f"x-ratelimit-remaining-{name}"))
            again = seconds_of(headers.get(f"x-ratelimit-reset-{name}", ""))
            if left is not None and left < 1 and again is not None:
                bucket.empty_until(now + min(again, _LONGEST))

    def _wait(self) -> float:
        now = self._clock()
        closed = max(0.0, self._closed_until - now)
        return max(closed, self.requests.wait(now), self.tokens.wait(now))

    def _full(self) -> bool:
        if self._under_way >= self.window.size:
            return True
        return self._ready >= _AHEAD and self._wait() > 0

    def _wake(self) -> None:
        while self._waiting:
            free = self._waiting.popleft()
            if not free.done():
                free.set_result(None)
                break


_GATES: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], Gate]] = (
    WeakKeyDictionary()
)


def gate_for(
    url: str,
    model: str,
    *,
    most: int,
    requests_per_minute: float | None = None,
    tokens_per_minute: float | None = None,
) -> Gate:
    """The gate before a model of a server: one in an event loop, whoever asks for it.

    Where several names ask for it with different limits, the least of each holds.

    Args:
        url: Base URL of the server.
        model: As the server knows it.
        most: As for `Gate`.
        requests_per_minute: As for `Gate`.
        tokens_per_minute: As for `Gate`.
    """
    known = _GATES.setdefault(asyncio.get_running_loop(), {})
    gate = known.get((url, model))
    if gate is None:
        gate = known[url, model] = Gate(
            most=most, requests_per_minute=requests_per_minute, tokens_per_minute=tokens_per_minute
        )
        return gate
    gate.window.limit(most)
    for bucket, limit in (
        (gate.requests, requests_per_minute),
        (gate.tokens, tokens_per_minute),
    ):
        if limit is not None:
            bucket.learn(limit)
    return gate


def seconds_of(span: str) -> float | None:
    """Seconds of a time span such as "6m0s" or "86ms"; None where it is none."""
    match = _SPAN.fullmatch(span.strip())
    if match is None or not span.strip():
        return None
    units = zip(match.groups(), (3600.0, 60.0, 1.0, 0.001), strict=True)
    try:
        return sum(float(number) * unit for number, unit in units if number)
    except ValueError:
        return None


def _number(written: str | None) -> float | None:
    try:
        value = float(written or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
