# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C while models are asked: the first finishes what is under way, the second ends at once."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

__all__ = ["Stop", "stoppable"]

_SIGNALS = ("SIGINT", "SIGTERM", "SIGBREAK")  # the last on Windows alone


class Stop(asyncio.Event):
    """An event that may be set from a signal handler or another thread."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting_loop: asyncio.AbstractEventLoop | None = None

    async def wait(self) -> Any:
        """As any event's; notes in which loop it is waited for."""
        self._waiting_loop = asyncio.get_running_loop()
        return await super().wait()

    def ask(self) -> None:
        """Set it, and wake the loop that waits for it."""
        loop = self._waiting_loop
        if loop is None or loop.is_closed():
            self.set()
            return
        try:
            loop.call_soon_threadsafe(self.set)
        except RuntimeError:  # closed meanwhile: nothing is under way
            self.set()


@contextmanager
def stoppable(told: Callable[[], None] = lambda: None) -> Iterator[Stop]:
    """A `Stop` that Ctrl-C (and being told to end) sets; the handlers before come back after.

    The second signal raises KeyboardInterrupt. Outside the main thread no handler can be, and none
    is, installed.

    Args:
        told: Called at the first signal.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before: dict[int, Any] = {}
    heard = False

    def restore() -> None:
        for number, handler in before.items():
            if handler is not None:  # None: not installed from Python, and not to be had back
                signal.signal(number, handler)

    def asked(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        del number, frame
        if heard:
            restore()
            raise KeyboardInterrupt
        heard = True
        stop.ask()
        told()

    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None:
            before[number] = signal.signal(number, asked)
    try:
        yield stop
    finally:
        restore()
