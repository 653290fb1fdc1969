# SPDX-License-Identifier: Apache-2.0
"""Every answer that was paid for, on disk before the next step: one SQLite file for all runs.

An intent row is durable before its request goes out, the answer's row before anyone sees it. So
after a crash the rows in state `sent` of an owner that is dead are exactly the requests whose fate
is not known. One thread writes, and commits once for all that has come in meanwhile (group
commit): full durability at the price of a few fsyncs per second. Several processes may write to one
file, and what one has under way another does not ask.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

from evalkit.core.errors import InputError
from evalkit.core.example import canonical
from evalkit.core.exchange import Reply, Request
from evalkit.models._network_fs import network_file_system
from evalkit.models._store_layout import (
    ALIVE,
    BURY,
    PLAN,
    RELEASE,
    SAVE,
    connect,
    unusable,
)
from evalkit.models._store_owners import dead_here, living, new_owner
from evalkit.models._store_writer import Operation, Writer
from evalkit.models._wire import reply_from_json, reply_to_json, request_to_json

__all__ = ["Found", "Keyed", "Store", "keyed", "open_store"]

_CHUNK = 500  # keys in one query; SQLite takes 999 parameters everywhere

State = Literal["ok", "flagged", "failed", "unknown", "claimed"]


class Keyed(NamedTuple):
    """A request as the store knows it.

    Attributes:
        key: 32 bytes.
        body: The whole request as canonical JSON.
    """

    key: bytes
    body: bytes


class Found(NamedTuple):
    """What the store holds for a key.

    Attributes:
        state: "ok", "flagged" (empty, filtered or refused), "failed" (to be asked again), "claimed"
            (a living process has it under way) or "unknown" (sent, and nobody lives who would know
            what became of it: it may be paid for).
        reply: Of the first three.
        seconds: That it took, where known.
    """

    state: State
    reply: Reply | None
    seconds: float | None


def keyed(identity: str, request: Request, repeat: int = 0) -> Keyed:
    """sha256 of who is asked, the whole request and which repetition it is, and the request.

    Nothing else is in the key: no API key, no time-out, no name that the user gave the model.
    """
    body = canonical(request_to_json(request))
    # The canonical JSON of all three, without writing the body twice.
    head = b'{"identity":%b,"repeat":%d,"request":' % (canonical(identity), repeat)
    return Keyed(hashlib.sha256(b"%b%b}" % (head, body)).digest(), body)


class Store:
    """Answers by key; made by `open_store`, closed by `close` or a `with` block.

    Attributes:
        path: Of the file.
        network: The kind of network file system that it lies on; None = a local one.
        busy: Keys that this process has under way.
    """

    def __init__(self, path: Path) -> None:
        """Open the file; see `open_store`."""
        self.path = path
        self.network = network_file_system(path.parent)
        self.busy: set[bytes] = set()
        journal = "wal" if self.network is None else "delete"
        self._owner = new_owner()
        self._reader = connect(path, journal)
        self._writer = Writer(path, connect(path, journal), self._owner)
        self._reading = threading.Lock()

    def __enter__(self) -> Self:
        """The store itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    @staticmethod
    def key(identity: str, request: Request, repeat: int = 0) -> bytes:
        """The key alone; see `keyed`."""
        return keyed(identity, request, repeat).key

    def get(self, key: bytes) -> tuple[Reply, float | None] | None:
        """The stored answer and the seconds it took; None where there is none.

        Errors are not served: they are asked again. An empty or filtered answer is served as the
        empty or filtered answer that it is.
        """
        found = self.look([key]).get(key)
        if found is None or found.reply is None or found.state not in ("ok", "flagged"):
            return None
        return found.reply, found.seconds

    def look(self, keys: Sequence[bytes], *, replies: bool = True) -> dict[bytes, Found]:
        """What is known of each key that is known at all.

        Args:
            keys: Any number.
            replies: Whether answers are wanted, or only states.

        Raises:
            InputError: The file cannot be read, or holds an answer that is none.
        """
        found: dict[bytes, Found] = {}
        alive: set[str] | None = None
        reply = "reply" if replies else "NULL"
        try:
            with self._reading:
                for start in range(0, len(keys), _CHUNK):
                    chunk = keys[start : start + _CHUNK]
                    marks = ",".join("?" * len(chunk))
                    rows = self._reader.execute(
                        f"SELECT key, state, owner, {reply}, seconds FROM request "  # noqa: S608  our own words
                        f"WHERE key IN ({marks})",
                        chunk,
                    ).fetchall()
                    for key, state, owner, raw, seconds in rows:
                        if state == "sent":
                            if alive is None:
                                alive = self._alive()
                            taken = key in self.busy if owner == self._owner else owner in alive
                            found[key] = Found("claimed" if taken else "unknown", None, None)
                        else:
                            found[key] = Found(state, self._reply(raw), seconds)
        except sqlite3.Error as error:
            raise unusable(self.path, error) from error
        return found

    def plan(
        self, key: bytes, request: Request, *, identity: str = "", repeat: int = 0
    ) -> Future[list[bool]]:
        """Note that a request is about to go out; done when that is on disk.

        Returns:
            One truth value: whether it is ours to ask. It is not where an answer is there already,
            or another living process has it under way.
        """
        body = canonical(request_to_json(request))
        return self.submit([self.planned(Keyed(key, body), identity=identity, repeat=repeat)])

    def save(
        self, key: bytes, reply: Reply, seconds: float | None, *, doubtful: bool = False
    ) -> Future[list[bool]]:
        """Keep an answer, good or not; done when it is on disk.

        Args:
            key: From `keyed`.
            reply: The answer, or the error as one.
            seconds: That it took.
            doubtful: The error does not tell whether the request was answered and billed.
        """
        return self.submit([self.saved(key, reply, seconds, doubtful=doubtful)])

    def planned(self, what: Keyed, *, identity: str, repeat: int) -> Operation:
        """The operation of `plan`, for `submit`."""
        now = time.time()
        return PLAN, {
            "key": what.key,
            "owner": self._owner,
            "identity": identity,
            "body": what.body,
            "repeat": repeat,
            "now": now,
            "alive": now - ALIVE,
        }

    def saved(
        self, key: bytes, reply: Reply, seconds: float | None, *, doubtful: bool = False
    ) -> Operation:
        """The operation of `save`, for `submit`."""
        usage = reply.usage
        return SAVE, {
            "key": key,
            "state": "sent" if doubtful and reply.finish == "error" else _state(reply),
            "owner": "" if doubtful else None,
            "reply": canonical(reply_to_json(reply)),
            "seconds": seconds,
            "now": time.time(),
            "prompt": None if usage is None else usage.prompt_tokens,
            "completion": None if usage is None else usage.completion_tokens,
        }

    def released(self, key: bytes, was: str | None) -> Operation:
        """For `submit`: a planned request did not go out.

        Args:
            key: From `keyed`.
            was: The state in which `look` found it before; None = it was not there.
        """
        states = {None: None, "failed": "failed"}
        before = states.get(was, "sent")
        statement = RELEASE[0] if before is None else RELEASE[1]
        return statement, {"key": key, "owner": self._owner, "was": before}

    def submit(self, operations: Sequence[Operation]) -> Future[list[bool]]:
        """Write them in one transaction, perhaps with others'; done when that is on disk.

        Returns:
            Of each operation, whether it changed a row.
        """
        return self._writer.submit(operations)

    def bury(self) -> None:
        """Let what processes of this machine that are gone had under way be taken over."""
        with self._reading:
            dead = dead_here(self._reader)
        if dead:
            self.submit([(BURY, {"id": owner}) for owner in dead]).result()

    def states(self) -> dict[str, int]:
        """How many requests are in each state, as in the table: "sent" may be under way."""
        with self._reading:
            rows = self._reader.execute("SELECT state, count(*) FROM request GROUP BY state")
            return dict(sorted(rows.fetchall()))

    def alive(self) -> set[str]:
        """The owners that may have requests under way."""
        with self._reading:
            return self._alive()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that only this block reads from."""
        with self._reading:
            try:
                yield self._reader
            except sqlite3.Error as error:
                raise unusable(self.path, error) from error

    def close(self) -> None:
        """Write what is under way and let go of the file."""
        self._writer.close()
        with self._reading:
            self._reader.close()

    def _alive(self) -> set[str]:
        return living(self._reader, time.time())

    def _reply(self, raw: bytes | None) -> Reply | None:
        if raw is None:
            return None
        try:
            return reply_from_json(json.loads(raw.decode("utf-8", "surrogatepass")))
        except ValueError as error:
            raise InputError(
                f"{self.path} holds an answer that cannot be read: {error}",
                "move the file away; the questions are asked again",
            ) from error


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
        store = Store(path)
    except (OSError, sqlite3.Error) as error:
        raise unusable(path, error) from error
    if store.network is not None:
        _say_slow(str(path.parent), store.network)
    return store


_SAID: set[str] = set()


def _say_slow(folder: str, kind: str) -> None:
    if folder not in _SAID:
        _SAID.add(folder)
        warnings.warn(
            f"the store is on a network file system ({kind}): safe, but slower; "
            "--store names another place",
            stacklevel=3,
        )


def _state(reply: Reply) -> str:
    if reply.finish == "error":
        return "failed"
    empty = not reply.text.strip() and not reply.tool_calls
    if empty or reply.finish == "content_filter" or reply.refusal is not None:
        return "flagged"
    return "ok"
