# SPDX-License-Identifier: Apache-2.0
"""Which processes have requests under way in a store, and which of them live.

Every writing process beats now and then in a row of its own. One that stopped is dead; one of this
machine whose process is gone is dead at once, so that a killed run resumes without waiting.
"""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
import time
from functools import cache
from pathlib import Path

from evalkit.models._store_layout import ALIVE

__all__ = ["dead_here", "living", "machine", "new_owner"]


def new_owner() -> str:
    """A name for this process that no other has."""
    return f"{os.getpid()}-{time.time_ns():x}-{os.urandom(4).hex()}"


@cache
def machine() -> str:
    """What has the same process numbers: host, start and, on Linux, process name space."""
    parts = [platform.node()]
    if sys.platform == "linux":
        try:
            parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
            parts.append(str(Path("/proc/self/ns/pid").readlink()))
        except OSError:
            parts.append("?")
    return " ".join(parts)


def living(reader: sqlite3.Connection, now: float) -> set[str]:
    """The owners that may still bring answers."""
    rows = reader.execute("SELECT id, machine, pid FROM owner WHERE beat > ?", (now - ALIVE,))
    return {owner for owner, where, pid in rows if where != machine() or _runs(pid)}


def dead_here(reader: sqlite3.Connection) -> list[str]:
    """The owners of this machine whose process is gone."""
    rows = reader.execute("SELECT id, pid FROM owner WHERE machine = ?", (machine(),))
    return [owner for owner, pid in rows if not _runs(pid)]


def _runs(pid: int) -> bool:
    """Whether a process may run; where it cannot be told without harm, yes: its beat tells."""
    if os.name != "posix" or pid <= 0:  # os.kill(…, 0) of Windows is a Ctrl-C
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
