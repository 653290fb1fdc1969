# SPDX-License-Identifier: Apache-2.0
"""Whether a job's trainer lives: it holds a lock that goes with its process, however that ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalkit.core.errors import InputError
from evalkit.core.printable import printable

__all__ = ["alive", "holding"]

_LOCK = "trainer.lock"
_GLANCE = 0.05  # seconds: somebody else who only looks is gone by then


@contextmanager
def holding(folder: Path, *, patience: float = 2.0) -> Iterator[bool]:
    """Be the one who works on a job during the block; False = somebody else is.

    The lock is an open transaction of SQLite on a file of the folder: it works on every system, and
    a process number that was given to another program since cannot deceive it.

    Args:
        folder: The job's, which is there.
        patience: Seconds to wait for somebody else.

    Raises:
        InputError: The folder cannot be written.
    """
    path = folder / _LOCK
    try:
        lock = sqlite3.connect(path, timeout=patience, isolation_level=None)
    except sqlite3.Error as error:
        raise _unusable(path, error) from error
    try:
        try:
            lock.execute("BEGIN EXCLUSIVE")
            mine = True
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise _unusable(path, error) from error
            mine = False
        yield mine
    finally:
        lock.close()


def alive(folder: Path) -> bool:
    """Whether somebody works on the job now.

    Raises:
        InputError: The folder cannot be looked at.
    """
    if not (folder / _LOCK).exists():
        return False
    with holding(folder, patience=_GLANCE) as free:
        return not free


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"cannot use {printable(str(path))}: {error}", "may this folder be written by you?"
    )
