# SPDX-License-Identifier: Apache-2.0
"""The store as the tasks of an event loop use it: what comes in while it writes is written next.

A future and a wake-up of the loop for each row would cost more than the row; here they are shared
by all rows of a transaction.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

from evalkit.models._store import Store
from evalkit.models._store_writer import Operation

__all__ = ["Desk"]


class Desk:
    """Takes operations of many tasks and gives them to the store in groups."""

    def __init__(self, store: Store) -> None:
        """For use in the running event loop."""
        self._store = store
        self._loop = asyncio.get_running_loop()
        self._operations: list[Operation] = []
        self._done: asyncio.Future[list[bool]] | None = None
        self._under_way: asyncio.Future[list[bool]] | None = None
        self._ordered = False

    async def write(self, operation: Operation) -> bool:
        """Write one operation; returns when it is on disk, whether it changed a row.

        It is written also where the waiting task is cancelled.

        Raises:
            InputError: The store cannot be written.
        """
        place = len(self._operations)
        return (await asyncio.shield(self.put(operation)))[place]

    def put(self, operation: Operation) -> asyncio.Future[list[bool]]:
        """Have one operation written, without waiting for it."""
        self._operations.append(operation)
        if self._done is None:
            self._done = self._loop.create_future()
            self._order()
        return self._done

    async def flush(self) -> None:
        """Wait until all is on disk.

        Raises:
            InputError: The store cannot be written.
        """
        while (done := self._done or self._under_way) is not None:
            await asyncio.shield(done)

    def _order(self) -> None:
        # At the end of this round of the loop: others of the round come along.
        if self._under_way is None and not self._ordered:
            self._ordered = True
            self._loop.call_soon(self._send)

    def _send(self) -> None:
        self._ordered = False
        if self._under_way is not None or self._done is None:
            return
        operations, done = self._operations, self._done
        self._operations, self._done, self._under_way = [], None, done
        # In the store's thread; one wake-up of the loop for all of them.
        self._store.submit(operations).add_done_callback(
            lambda written: self._loop.call_soon_threadsafe(self._written, written, done)
        )

    def _written(self, written: Future[list[bool]], done: asyncio.Future[list[bool]]) -> None:
        self._under_way = None
        error = written.exception()
        if error is None:
            done.set_result(written.result())
        else:
            done.set_exception(error)
            done.exception()  # perhaps nobody waits any more
        if self._done is not None:
            self._send()
