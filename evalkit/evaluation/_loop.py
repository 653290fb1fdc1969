# SPDX-License-Identifier: Apache-2.0
"""Asynchronous work for synchronous callers, whether or not a loop runs where they are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from evalkit.core.errors import EvalkitError

__all__ = ["finished"]

T = TypeVar("T")
_LOOK = 0.2  # seconds between looks for a signal
_PATIENCE = 10.0  # seconds that cancelled work has to close what it has open


def finished(start: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """What the work comes to.

    Inside a running loop (a notebook's, which cannot be entered twice) the work has a thread and a
    loop of its own. KeyboardInterrupt, raised here, cancels it there.

    Raises:
        EvalkitError: The first of what went wrong, out of its exception group.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _ungrouped(lambda: asyncio.run(start()))

    done: list[T] = []
    wrong: list[BaseException] = []
    under_way: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any] | None]] = []

    async def noted() -> T:
        under_way.append((asyncio.get_running_loop(), asyncio.current_task()))
        return await start()

    def go() -> None:
        try:
            done.append(_ungrouped(lambda: asyncio.run(noted())))
        except BaseException as error:  # noqa: BLE001  raised again where it is waited for
            wrong.append(error)

    thread = threading.Thread(target=go, name="evalkit-run", daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_LOOK)  # without an end no Ctrl-C would be seen on Windows
    except KeyboardInterrupt:
        for loop, task in under_way:
            if task is not None and not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)
        thread.join(_PATIENCE)
        raise
    if wrong:
        raise wrong[0]
    return done[0]


def _ungrouped(work: Callable[[], T]) -> T:
    try:
        return work()
    except BaseExceptionGroup as group:
        leaves = _leaves(group)
        ours = [error for error in leaves if isinstance(error, EvalkitError)]
        raise (ours or leaves)[0] from group


def _leaves(group: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found += _leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
