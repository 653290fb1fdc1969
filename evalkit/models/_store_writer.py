# SPDX-License-Identifier: Apache-2.0
"""The one thread of a process that writes into its store.

It commits once for all that has come in meanwhile (group commit): full durability at the price of
a few fsyncs per second. While it lives it says so in the file, for other processes to know whose
requests are still under way.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from evalkit.models._store_layout import BEAT, BURY, PRUNE, unusable
from evalkit.models._store_owners import machine

__all__ = ["Operation", "Writer"]

_BEAT_SECONDS = 5.0
_GROUP = 512
_DAY = 86_400.0

# A statement and its parameters.
Operation = tuple[str, dict[str, Any]]


class _Group(NamedTuple):
    operations: Sequence[Operation]
    done: Future[list[bool]]


class Writer:
    """Writes groups of operations; started at once, ended by `close`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, owner: str) -> None:
        """Start the thread.

        Args:
            path: Of the file, for what errors say.
            connection: The thread's own; it closes it.
            owner: This process, as the store knows it.
        """
        self._path = path
        self._connection = connection
        self._owner = owner
        self._beaten = float("-inf")
        self._todo: queue.SimpleQueue[_Group | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="evalkit-store", daemon=True)
        self._thread.start()

    def submit(self, operations: Sequence[Operation]) -> Future[list[bool]]:
        """Write them in one transaction, perhaps with others'; see `Store.submit`."""
        group = _Group(operations, Future())
        if self._thread.is_alive():
            self._todo.put(group)
        else:
            group.done.set_exception(unusable(self._path, RuntimeError("it is closed")))
        return group.done

    def close(self) -> None:
        """Write what is under way; the thread ends."""
        if self._thread.is_alive():
            self._todo.put(None)
            self._thread.join()

    def _write(self) -> None:
        connection = self._connection
        try:
            while True:
                group, last = self._next()
                if group:
                    self._commit(connection, group)
                elif not last:
                    self._beat(connection)
                if last:
                    self._part(connection)
                    return
        finally:
            connection.close()

    def _next(self) -> tuple[list[_Group], bool]:
        """What has come in, and whether nothing will come after it; nothing when it is quiet."""
        found: list[_Group] = []
        size = 0
        with contextlib.suppress(queue.Empty):
            registered = self._beaten > 0
            item = self._todo.get(timeout=_BEAT_SECONDS if registered else None)
            while item is not None:
                found.append(item)
                size += len(item.operations)
                if size >= _GROUP:
                    return found, False
                item = self._todo.get_nowait()
            return found, True
        return found, False

    def _commit(self, connection: sqlite3.Connection, groups: list[_Group]) -> None:
        """Write groups in one transaction; one that cannot be written fails alone."""
        try:
            connection.execute("BEGIN IMMEDIATE")
            self._note_life(connection)
            results = [
                [connection.execute(*one).rowcount > 0 for one in group.operations]
                for group in groups
            ]
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001  a thread that dies would hang the run
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._beaten = min(self._beaten, 0.0)
            if len(groups) > 1 and not isinstance(error, sqlite3.OperationalError):
                for group in groups:  # a value of one is at fault, not the disk
                    self._commit(connection, [group])
                return
            for group in groups:
                if group.done.set_running_or_notify_cancel():
                    group.done.set_exception(unusable(self._path, error))
        else:
            for group, result in zip(groups, results, strict=True):
                # A waiter that was cancelled meanwhile wants no answer.
                if group.done.set_running_or_notify_cancel():
                    group.done.set_result(result)

    def _beat(self, connection: sqlite3.Connection) -> None:
        with contextlib.suppress(sqlite3.Error):  # the next one will do
            self._note_life(connection)

    def _note_life(self, connection: sqlite3.Connection) -> None:
        now = time.time()
        if 0 <= now - self._beaten < _BEAT_SECONDS * 0.9:
            return
        me = {"id": self._owner, "machine": machine(), "pid": os.getpid(), "now": now}
        connection.execute(BEAT, me)
        if self._beaten < 0:
            connection.execute(PRUNE, {"day_ago": now - _DAY})
        self._beaten = now

    def _part(self, connection: sqlite3.Connection) -> None:
        if self._beaten > 0:
            with contextlib.suppress(sqlite3.Error):
                connection.execute(BURY, {"id": self._owner})
