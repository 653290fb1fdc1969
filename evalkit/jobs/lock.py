# SPDX-License-Identifier: Apache-2.0
"""One process at a time orders the same job."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from evalkit.core.errors import InputError
from evalkit.core.printable import printable

__all__ = ["alone"]

_ASK_AGAIN = 0.1  # seconds between looks at the lock


@asynccontextmanager
async def alone(
    folder: Path, name: str, *, waiting: Callable[[], None] = lambda: None
) -> AsyncIterator[None]:
    """Nobody else has that name in that folder during the block.

    The lock is an open transaction of SQLite on a file: it works on every system, among the tasks
    of one process too, and goes with the process that held it, however that ends.

    Args:
        folder: Where the file lies; made where it is not there.
        name: Of the lock; safe as a file's name.
        waiting: Called once where somebody has it.

    Raises:
        InputError: The folder cannot be written.
    """
    path = folder / f"{name}.lock"
    lock = _opened(path)
    try:
        told = False
        while not _taken(lock, path):
            if not told:
                waiting()
                told = True
            await asyncio.sleep(_ASK_AGAIN)
        yield
    finally:
        lock.close()


def _opened(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _unusable(path, error) from error


def _taken(lock: sqlite3.Connection, path: Path) -> bool:
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            return False
        raise _unusable(path, error) from error
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    return True


def _unusable(path: Path, error: Exception) -> InputError:
    why = getattr(error, "strerror", None) or str(error)
    return InputError(
        f"cannot write {printable(str(path))}: {why}",
        "evalkit keeps there what it ordered; run it from a folder that can be written",
    )
