# SPDX-License-Identifier: Apache-2.0
"""Which batches are on their way: a table beside the answers, written before each step.

`planned` before the file goes up, `creating` before the batch is asked for, `running` once its id
is known; `done`, `failed` (the provider refused it) and `dropped` (it was never made) end it. After
a crash a row in `creating` is the only one of which the provider has to be asked.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from weakref import WeakKeyDictionary

from evalkit.models._store import Store
from evalkit.models._store_layout import unusable
from evalkit.models._store_owners import living

__all__ = ["BatchRow", "Ledger", "forget_unsent", "open_ledger", "under_way"]

BatchState = Literal["planned", "creating", "running", "done", "failed", "dropped"]
_PATIENCE = 30.0  # seconds to wait for another's commit
_ASK_AGAIN = 1.0  # seconds between looks at the lock
_KEY = 32  # bytes of a store's key
_TABLE = """
CREATE TABLE IF NOT EXISTS batch (
    run TEXT PRIMARY KEY,
    identity TEXT NOT NULL,
    purpose TEXT NOT NULL,
    digest TEXT NOT NULL,
    keys BLOB NOT NULL,
    file TEXT,
    batch TEXT,
    state TEXT NOT NULL
        CHECK (state IN ('planned', 'creating', 'running', 'done', 'failed', 'dropped')),
    planned REAL NOT NULL,
    noted REAL NOT NULL,
    error TEXT
) WITHOUT ROWID
"""
_COLUMNS = "run, identity, digest, keys, file, batch, state, planned, noted"
_OPEN = "state IN ('planned', 'creating', 'running')"
_DROP = "UPDATE batch SET state = 'dropped', noted = :now WHERE run = :run AND state = 'planned'"
_CHUNK = 500  # keys in one query
# Who in this process plans batches of a store: the lock of SQLite is for other processes.
_LOCKS: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Path, asyncio.Lock]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """One file of requests on its way.

    Attributes:
        run: Our name for it, in the batch's metadata.
        identity: Of the model, as in the store's keys.
        digest: sha256 of the file, as hex.
        keys: Of the answers in the store, in the order of its lines.
        file: The provider's id of the file, once known.
        batch: The provider's id of the batch, once known.
        state: As the module says.
        planned: Unix time at which it was written.
        noted: Unix time of the last change.
    """

    run: str
    identity: str
    digest: str
    keys: tuple[bytes, ...]
    file: str | None = None
    batch: str | None = None
    state: BatchState = "planned"
    planned: float = 0.0
    noted: float = 0.0


class Ledger:
    """The table; made by `open_ledger`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    def add(self, row: BatchRow) -> None:
        """Write down a file that is about to go up; durable on return."""
        now = time.time()
        values = (row.run, row.identity, row.digest, b"".join(row.keys), row.state, now, now)
        self._run(
            "INSERT INTO batch (run, identity, purpose, digest, keys, state, planned, noted)"
            " VALUES (?, ?, 'batch', ?, ?, ?, ?, ?)",
            values,
        )

    def change(
        self,
        run: str,
        state: BatchState,
        *,
        file: str | None = None,
        batch: str | None = None,
        error: str | None = None,
    ) -> None:
        """Write down what is about to be, or was, done; durable on return."""
        self._run(
            "UPDATE batch SET state = ?, file = coalesce(?, file), batch = coalesce(?, batch),"
            " error = coalesce(?, error), noted = ? WHERE run = ?",
            (state, file, batch, error, time.time(), run),
        )

    def unfinished(self, identity: str | None = None) -> list[BatchRow]:
        """Rows that have not ended, of one model or of all, oldest first."""
        statement = f"SELECT {_COLUMNS} FROM batch WHERE {_OPEN}"  # noqa: S608  constants
        values: tuple[str, ...] = ()
        if identity is not None:
            statement, values = f"{statement} AND identity = ?", (identity,)
        return [_row(found) for found in self._run(f"{statement} ORDER BY planned, run", values)]

    @asynccontextmanager
    async def alone(
        self,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        waiting: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[None]:
        """Nobody else plans or makes batches of this store during the block.

        The lock is an open transaction of SQLite on a file beside the store: it works on every
        system, and goes with the process that held it. Before it the models and repeats of this
        process queue up among themselves.

        Args:
            sleep: Waits so many seconds.
            waiting: Called once where another process has to be waited for.
        """
        here = _lock_here(self.path)
        queued = here.locked()
        async with here:
            if queued:
                await sleep(0.0)  # the user may have stopped it meanwhile
            async with self._alone_of_all(sleep, waiting):
                yield

    @asynccontextmanager
    async def _alone_of_all(
        self, sleep: Callable[[float], Awaitable[None]], waiting: Callable[[], None]
    ) -> AsyncIterator[None]:
        lock = sqlite3.connect(
            self.path.with_name(f"{self.path.name}-batch.lock"), timeout=0, isolation_level=None
        )
        try:
            told = False
            while True:
                try:
                    lock.execute("BEGIN EXCLUSIVE")
                    break
                except sqlite3.OperationalError as error:
                    if "locked" not in str(error):
                        raise unusable(self.path, error) from error
                if not told:
                    waiting()
                    told = True
                await sleep(_ASK_AGAIN)
            yield
        finally:
            lock.close()

    def _run(self, statement: str, values: tuple[object, ...]) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """The table of the store at `path`; made where it is not there.

    Raises:
        InputError: The store cannot be written.
    """
    try:
        connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    except sqlite3.Error as error:
        raise unusable(path, error) from error
    try:
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(_TABLE)
        except sqlite3.Error as error:
            raise unusable(path, error) from error
        yield Ledger(path, connection)
    finally:
        connection.close()


def under_way(store: Store) -> frozenset[bytes]:
    """The store's keys that a batch is on its way for: asking them directly would pay twice.

    Those of a file that has yet to go up are among them while the process that sends it lives.
    """
    with store.reading() as reader:
        if not _ever(reader):
            return frozenset()
        rows = reader.execute(f"SELECT keys, state FROM batch WHERE {_OPEN}").fetchall()  # noqa: S608  constants
        planned = {key for keys, state in rows if state == "planned" for key in _split(keys)}
        held = _held(reader, planned)
    sent = {key for keys, state in rows if state != "planned" for key in _split(keys)}
    return frozenset(sent | held)


def forget_unsent(store: Store, keys: Iterable[bytes]) -> None:
    """Drop files whose process died before they were up, and that any of these keys is in.

    Nothing of them was sent. Whoever now asks for one of the keys directly may die too, and then
    the row would say of a request that did go out that it did not.
    """
    with store.reading() as reader:
        if not _ever(reader):
            return
        rows = reader.execute("SELECT run, keys FROM batch WHERE state = 'planned'").fetchall()
        wanted = set(keys) if rows else set()
        dead = [
            run
            for run, raw in rows
            if not wanted.isdisjoint(own := _split(raw)) and not _held(reader, own)
        ]
    if dead:
        now = time.time()
        store.submit([(_DROP, {"run": run, "now": now}) for run in dead]).result()


def _ever(reader: sqlite3.Connection) -> bool:
    """Whether a batch was ever sent from this store."""
    table = reader.execute("SELECT 1 FROM sqlite_master WHERE name = 'batch'").fetchone()
    return table is not None


def _held(reader: sqlite3.Connection, keys: Iterable[bytes]) -> set[bytes]:
    """Those that a living process, this one or another, has under way."""
    wanted = list(keys)
    alive = living(reader, time.time()) if wanted else set()
    found = set()
    for start in range(0, len(wanted), _CHUNK):
        chunk = wanted[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        rows = reader.execute(
            f"SELECT key, owner FROM request WHERE state = 'sent' AND key IN ({marks})",  # noqa: S608  our own words
            chunk,
        )
        found |= {key for key, owner in rows if owner in alive}
    return found


def _lock_here(path: Path) -> asyncio.Lock:
    locks = _LOCKS.setdefault(asyncio.get_running_loop(), {})
    return locks.setdefault(path.resolve(), asyncio.Lock())


def _split(keys: bytes) -> tuple[bytes, ...]:
    return tuple(keys[at : at + _KEY] for at in range(0, len(keys), _KEY))


def _row(found: tuple[Any, ...]) -> BatchRow:
    run, identity, digest, keys, file, batch, state, planned, noted = found
    return BatchRow(
        run=str(run),
        identity=str(identity),
        digest=str(digest),
        keys=_split(keys),
        file=None if file is None else str(file),
        batch=None if batch is None else str(batch),
        state=state,  # one of them: the table's CHECK
        planned=float(planned),
        noted=float(noted),
    )
