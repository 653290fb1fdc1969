# SPDX-License-Identifier: Apache-2.0
"""The tables of the store, what is written into them, and how an older layout becomes this one."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError

__all__ = [
    "ALIVE",
    "BEAT",
    "BURY",
    "PLAN",
    "PRUNE",
    "RELEASE",
    "SAVE",
    "VERSION",
    "connect",
    "unusable",
]

VERSION = 2
ALIVE = 30.0  # seconds after its last beat that an owner counts as living
PATIENCE = 30.0  # seconds that one process waits for another's commit

# "ok": complete. "flagged": empty, filtered or refused, kept as what it is and never as a good
# answer. "failed": an error, asked again by the next run. "sent": asked; of an owner that lives it
# is under way, else nobody knows whether it was answered and billed.
_REQUEST = """
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
    ended REAL,
    repeat INTEGER NOT NULL DEFAULT 0,
    prompt_tokens INTEGER,
    completion_tokens INTEGER
) WITHOUT ROWID
"""
_OWNER = """
CREATE TABLE owner (
    id TEXT PRIMARY KEY,
    machine TEXT NOT NULL,
    pid INTEGER NOT NULL,
    beat REAL NOT NULL
) WITHOUT ROWID
"""
# A row of another owner is taken over only when that owner is dead: it may be under way.
PLAN = """
INSERT INTO request (key, state, owner, attempts, identity, body, started, repeat)
VALUES (:key, 'sent', :owner, 1, :identity, :body, :now, :repeat)
ON CONFLICT (key) DO UPDATE
SET state = 'sent', owner = :owner, attempts = attempts + 1, started = :now
WHERE state = 'failed' OR (state = 'sent' AND (
    owner = :owner OR owner NOT IN (SELECT id FROM owner WHERE beat > :alive)
))
"""
# An answer that is there stays: what was served once is served for ever.
SAVE = """
UPDATE request
SET state = :state, owner = coalesce(:owner, owner), reply = :reply, seconds = :seconds,
    ended = :now, prompt_tokens = :prompt, completion_tokens = :completion
WHERE key = :key AND state IN ('sent', 'failed')
"""
# It did not go out: as it was before. A row that began with this attempt goes.
RELEASE = (
    "DELETE FROM request WHERE key = :key AND state = 'sent' AND owner = :owner AND attempts = 1",
    """
    UPDATE request SET state = :was, attempts = attempts - 1, owner = ''
    WHERE key = :key AND state = 'sent' AND owner = :owner
    """,
)
_V1_TOKENS = "UPDATE request SET prompt_tokens = ?, completion_tokens = ? WHERE key = ?"
BEAT = """
INSERT INTO owner (id, machine, pid, beat) VALUES (:id, :machine, :pid, :now)
ON CONFLICT (id) DO UPDATE SET beat = :now
"""
BURY = "DELETE FROM owner WHERE id = :id"
PRUNE = "DELETE FROM owner WHERE beat < :day_ago"


def connect(path: Path, journal: str) -> sqlite3.Connection:
    """Open the file in this layout, made or migrated where it has to be.

    Args:
        path: Of the file.
        journal: "wal", or "delete" where several processes share no memory.
    """
    connection = sqlite3.connect(
        path, timeout=PATIENCE, isolation_level=None, check_same_thread=False
    )
    try:
        _set_up(connection, path, journal)
    except BaseException:
        connection.close()
        raise
    return connection


def unusable(path: Path, error: Exception) -> InputError:
    """The error for a file that cannot be read or written."""
    return InputError(
        f"cannot use the store {path}: {error}",
        "is the disk full, the folder read-only, or the file something else? "
        "Moving it away starts a new one",
    )


def _set_up(connection: sqlite3.Connection, path: Path, journal: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if connection.execute("PRAGMA journal_mode").fetchone()[0] != journal:
                connection.execute(f"PRAGMA journal_mode = {journal}")
            break
        except sqlite3.OperationalError as error:
            # The change of mode does not wait for another process that makes it: we do.
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA synchronous = FULL")
    if _version(connection, path) < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        try:
            _bring_up(connection, _version(connection, path))  # perhaps another was faster
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _bring_up(connection: sqlite3.Connection, version: int) -> None:
    if version >= VERSION:
        return
    connection.execute(_OWNER)
    if version == 0:
        connection.execute(_REQUEST)
    else:
        for column in ("repeat INTEGER NOT NULL DEFAULT 0", "prompt_tokens INTEGER",
                       "completion_tokens INTEGER"):  # fmt: skip
            connection.execute(f"ALTER TABLE request ADD COLUMN {column}")
        known = connection.execute("SELECT key, reply FROM request WHERE reply IS NOT NULL")
        counted = [(*_tokens(reply), key) for key, reply in known]
        connection.executemany(_V1_TOKENS, counted)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _tokens(reply: bytes) -> tuple[int | None, int | None]:
    try:
        usage: Any = json.loads(reply.decode("utf-8", "surrogatepass"))["usage"]
        return int(usage["prompt_tokens"]), int(usage["completion_tokens"])
    except (ValueError, TypeError, KeyError):
        return None, None


def _version(connection: sqlite3.Connection, path: Path) -> int:
    found: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > VERSION:
        raise InputError(
            f"{path} was written by a newer evalkit (layout {found})",
            "update evalkit, or name another store",
        )
    return found
