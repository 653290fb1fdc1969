# SPDX-License-Identifier: Apache-2.0
"""Every answer that was paid for, on disk before the next step: one SQLite file for all runs.

An intent row is durable before its request goes out, the answer's row before anyone sees it. So
after a crash the rows in state `sent` are exactly the requests whose fate is not known. One thread
writes, and commits once for all that has come in meanwhile (group commit): full durability at the
price of a few fsyncs per second. Several processes may write to one file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import queue
import sqlite3
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evalkit.core.errors import InputError
from evalkit.core.example import canonical
from evalkit.core.exchange import Reply, Request
from evalkit.models._wire import reply_from_json, reply_to_json, request_to_json

__all__ = ["Store", "open_store"]

_VERSION = 1
_PATIENCE = 30.0  # seconds that one process waits for another's commit
_GROUP = 512
# "ok": complete. "flagged": empty, filtered or refused, kept as what it is and never as a good
# answer. "failed": an error, asked again by the next run. "sent": asked, fate unknown.
_TABLES = """
CREATE TABLE request (
    key BLOB PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('sent', 'ok', 'flagged', 'failed')),
    owner TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    identity TEXT NOT NULL,
    body BLOB NOT NULL,
    reply BLOB,
    seconds REAL,
    started REAL NOT NULL,
    ended REAL
) WITHOUT ROWID
"""
_PLAN = """
INSERT INTO request (key, state, owner, attempts, identity, body, started)
VALUES (:key, 'sent', :owner, 1, :identity, :body, :now)
ON CONFLICT (key) DO UPDATE
SET state = 'sent', owner = :owner, attempts = attempts + 1, started = :now
WHERE state IN ('sent', 'failed')
"""
# An answer that is there stays: what was served once is served for ever.
_SAVE = """
UPDATE request SET state = :state, reply = :reply, seconds = :seconds, ended = :now
WHERE key = :key AND state IN ('sent', 'failed')
"""


class Store:
    """Answers by key; made by `open_store`, closed by `close` or a `with` block."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = f"{os.getpid()}-{time.time_ns():x}"
        self._reader = _connect(path)
        self._connection = _connect(path)  # the writing thread's
        self._reading = threading.Lock()
        self._todo: queue.SimpleQueue[tuple[str, dict[str, Any], Future[None]] | None] = (
            queue.SimpleQueue()
        )
        self._writer = threading.Thread(target=self._write, name="evalkit-store", daemon=True)
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @staticmethod
    def key(identity: str, request: Request, repeat: int = 0) -> bytes:
        """sha256 of who is asked, the whole request and which repetition it is; 32 bytes.

        Nothing else is in it: no API key, no time-out, no name that the user gave the model.
        """
        whole = {"identity": identity, "request": request_to_json(request), "repeat": repeat}
        return hashlib.sha256(canonical(whole)).digest()

    def get(self, key: bytes) -> tuple[Reply, float | None] | None:
        """The stored answer and the seconds it took; None where there is none.

        Errors are not served: they are asked again. An empty or filtered answer is served as the
        empty or filtered answer that it is.
        """
        with self._reading:
            row = self._reader.execute(
                "SELECT reply, seconds FROM request WHERE key = ? AND state IN ('ok', 'flagged')",
                (key,),
            ).fetchone()
        if row is None:
            return None
        try:
            return reply_from_json(_load(row[0])), row[1]
        except ValueError as error:
            raise InputError(
                f"{self.path} holds an answer that cannot be read: {error}",
                "move the file away; the questions are asked again",
            ) from error

    def plan(self, key: bytes, request: Request, *, identity: str = "") -> Future[None]:
        """Note that a request is about to go out; done when that is on disk."""
        body = canonical(request_to_json(request))
        values = {"key": key, "owner": self._owner, "identity": identity, "body": body}
        return self._submit(_PLAN, {**values, "now": time.time()})

    def save(self, key: bytes, reply: Reply, seconds: float | None) -> Future[None]:
        """Keep an answer, good or not; done when it is on disk."""
        values = {
            "key": key,
            "state": _state(reply),
            "reply": canonical(reply_to_json(reply)),
            "seconds": seconds,
            "now": time.time(),
        }
        return self._submit(_SAVE, values)

    def states(self) -> dict[str, int]:
        """How many requests are in each state."""
        with self._reading:
            rows = self._reader.execute("SELECT state, count(*) FROM request GROUP BY state")
            return dict(sorted(rows.fetchall()))

    def close(self) -> None:
        """Write what is under way and let go of the file."""
        if self._writer.is_alive():
            self._todo.put(None)
            self._writer.join()
        with self._reading:
            self._reader.close()

    def _submit(self, statement: str, values: dict[str, Any]) -> Future[None]:
        done: Future[None] = Future()
        self._todo.put((statement, values, done))
        return done

    def _write(self) -> None:
        connection = self._connection
        try:
            while (first := self._todo.get()) is not None:
                group = [first]
                last = False
                with contextlib.suppress(queue.Empty):
                    while len(group) < _GROUP and not last:
                        if (item := self._todo.get_nowait()) is None:
                            last = True
                        else:
                            group.append(item)
                self._commit(connection, group)
                if last:
                    return
        finally:
            connection.close()

    def _commit(
        self,
        connection: sqlite3.Connection,
        group: list[tuple[str, dict[str, Any], Future[None]]],
    ) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for statement, values, _ in group:
                connection.execute(statement, values)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            for *_, done in group:
                if done.set_running_or_notify_cancel():
                    done.set_exception(_unusable(self.path, error))
        else:
            for *_, done in group:
                # A waiter that was cancelled meanwhile wants no answer.
                if done.set_running_or_notify_cancel():
                    done.set_result(None)


def open_store(path: Path) -> Store:
    """Open or make the store; its folder is made, with a `.gitignore` where it is `.evalkit`.

    Raises:
        InputError: It cannot be opened, is no store, or is of a newer evalkit.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        ignore = path.parent / ".gitignore"
        if path.parent.name == ".evalkit" and not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")  # prompts and answers are not for commits
        # Ours alone before SQLite writes a byte; -wal and -shm take over the mode.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        return Store(path)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        _set_up(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_up(connection: sqlite3.Connection, path: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # The change of mode does not wait for another process that makes it: we do.
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous = FULL")
    if _version(connection, path) < _VERSION:
        connection.execute("BEGIN IMMEDIATE")
        if _version(connection, path) < _VERSION:  # nobody else was faster
            connection.execute(_TABLES)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
        connection.execute("COMMIT")


def _version(connection: sqlite3.Connection, path: Path) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > _VERSION:
        raise InputError(
            f"{path} was written by a newer evalkit (layout {found})",
            "update evalkit, or name another store",
        )
    return found


def _state(reply: Reply) -> str:
    if reply.finish == "error":
        return "failed"
    empty = not reply.text.strip() and not reply.tool_calls
    if empty or reply.finish == "content_filter" or reply.refusal is not None:
        return "flagged"
    return "ok"


def _load(blob: bytes) -> Any:
    return json.loads(blob.decode("utf-8", "surrogatepass"))


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"cannot use the store {path}: {error}",
        "is the disk full, the folder read-only, or the file something else? "
        "Moving it away starts a new one",
    )
