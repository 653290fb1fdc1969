# SPDX-License-Identifier: Apache-2.0
"""Asks again where that may help, and never where it may not.

| what happened                              | what we do                                     |
|--------------------------------------------|------------------------------------------------|
| 429 with Retry-After                       | everyone waits that long, ten minutes at most  |
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
from typing import NamedTuple

from evalkit.core.errors import RemoteError
from evalkit.core.exchange import Model, Reply, Request
from evalkit.models._faults import RequestError, TimedOutError, UnreachableError
from evalkit.models._gate import Gate
from evalkit.models.price import tokens_reserved

__all__ = ["ATTEMPTS", "LONGEST_WAIT", "Course", "Outcome", "Retrying", "wait_before"]

ATTEMPTS = 5
LONGEST_WAIT = 600.0  # seconds that a Retry-After may ask for
_FIRST_STEP = 0.5
_LAST_STEP = 30.0

Sleep = Callable[[float], Awaitable[None]]


class Outcome(NamedTuple):
    """How a request ended.

    Attributes:
        reply: The answer, or the error as one.
        seconds: That the last attempt took, without the waiting.
        doubtful: No answer came, and whether one was made and billed is not known.
    """

    reply: Reply
    seconds: float
    doubtful: bool = False


class Course:
    """What happens around the attempts of one request; here nothing.

    Attributes:
        tokens: Reserved for it with the gate; None = to be estimated.
        out: An attempt is under way: it must not be broken off, it may be paid for.
    """

    tokens: int | None = None
    out: bool = False

    async def begin(self) -> None:
        """Before an attempt asks for its place."""

    def check(self) -> None:
        """Before the pause that an attempt waits for; raises where none is wanted any more."""

    async def note(self, *, again: bool) -> None:
        """Before an attempt goes out; `again`: one went out before whose fate is not known."""

    def end(self, reply: Reply | None, *, doubtful: bool) -> None:
        """After an attempt: answered, refused, or nobody knows."""


class Retrying:
    """A model behind its gate: each request ends in a reply or in an error that stops the run."""

    def __init__(
        self,
        answer: Model,
        gate: Gate,
        *,
        sleep: Sleep = asyncio.sleep,
        jitter: Callable[[], float] | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Wrap a model.

        Args:
            answer: Raises `RemoteError` and its kinds in `_faults`.
            gate: Of its server and model.
            sleep: Waits so many seconds.
            jitter: A number in [0, 1) each time; a fixed sequence makes tests repeatable.
            clock: Seconds.
        """
        self.gate = gate
        self._answer = answer
        self._sleep = sleep
        self._draw = jitter or random.Random().random  # noqa: S311  spreads load, guards nothing
        self._clock = clock
        self._reached = False

    async def __call__(self, request: Request, course: Course | None = None) -> Outcome:
        """Ask until there is an answer, or no hope of one.

        Raises:
            RemoteError: Something that asking on would not mend.
        """
        course = course or Course()
        tokens = tokens_reserved(request) if course.tokens is None else course.tokens
        doubtful = False
        for attempt in range(1, ATTEMPTS + 1):
            await course.begin()
            started = await self._depart(course, tokens, again=doubtful)
            start = self._clock()
            try:
                reply = await self._answer(request)
            except RemoteError as fault:
                unknown = _maybe_paid(fault)
                doubtful = doubtful or unknown
                course.end(None, doubtful=unknown)
                self._refused(fault, started)
                if not _again(fault, attempt, reached=self._reached):
                    if isinstance(fault, RequestError):
                        error = Reply(text="", finish="error", error=fault.message)
                        return Outcome(error, self._clock() - start, doubtful)
                    raise
                pause = wait_before(attempt + 1, fault.retry_after, self._draw())
            except BaseException:  # broken off
                course.end(None, doubtful=True)
                raise
            else:
                seconds = self._clock() - start
                self._reached = True
                course.end(reply, doubtful=False)
                used = reply.usage
                self.gate.served(
                    tokens, None if used is None else used.prompt_tokens + used.completion_tokens
                )
                return Outcome(reply, seconds)
            finally:
                course.out = False
                self.gate.leave()
            course.check()
            await self._sleep(pause)
        raise AssertionError  # the last attempt returned or raised

    async def _depart(self, course: Course, tokens: int, *, again: bool) -> float:
        """Find a place, say that the request goes out, and let it."""
        gate = self.gate
        await gate.place()
        try:
            try:
                await course.note(again=again)
            except BaseException:
                gate.stay()
                raise
            started = await gate.go(tokens)
        except BaseException:
            gate.leave()
            raise
        course.out = True
        return started

    def _refused(self, fault: RemoteError, started: float) -> None:
        if fault.retryable and (fault.status == 429 or fault.retry_after is not None):
            self.gate.refused(started, fault.retry_after)


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
        return fault.retryable and attempt < 2
    if isinstance(fault, UnreachableError) and not reached:
        return False
    return fault.retryable and attempt < ATTEMPTS


def _maybe_paid(fault: RemoteError) -> bool:
    """Whether it went out and no answer says what became of it: silence, a cut or broken answer."""
    if isinstance(fault, TimedOutError):
        return True
    return isinstance(fault, RequestError) and fault.status is None and fault.retryable
