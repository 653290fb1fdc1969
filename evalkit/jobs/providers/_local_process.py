# SPDX-License-Identifier: Apache-2.0
"""Starts a trainer that outlives the command which ordered it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, InputError
from evalkit.core.printable import excerpt, printable
from evalkit.jobs.training.folder import Folder

__all__ = ["command", "start"]

_PATIENCE = 60.0  # seconds for an interpreter to start on a busy machine
_LOOK = 0.02
_TAIL = 300  # letters of what a dead trainer printed last


def command(folder: Path) -> list[str]:
    """The trainer of a folder, by this interpreter; -P: the user's folder holds no modules."""
    return [sys.executable, "-P", "-m", "evalkit.jobs.training", str(folder)]


async def start(folder: Folder, arguments: Sequence[str], *, taken: Callable[[], bool]) -> None:
    """Start a trainer of its own session and wait until it has taken the order.

    Args:
        folder: The job's.
        arguments: The command.
        taken: Says whether it has; asked again and again.

    Raises:
        InputError: It cannot be started.
        EvalkitError: It ended at once.
    """
    process = _apart(folder, arguments)
    # Whoever lives as long as the trainer (a server, a notebook) takes note of its end.
    threading.Thread(target=process.wait, daemon=True).start()
    until = time.monotonic() + _PATIENCE
    while not taken():
        if process.poll() is not None and not taken():
            raise EvalkitError(
                f"the trainer ended before it began: {_last_words(folder)}",
                f"all that it printed: {printable(str(folder.log))}",
            )
        if time.monotonic() > until:
            raise EvalkitError(
                f"the trainer did not begin within {_PATIENCE:.0f} seconds",
                f"what it printed: {printable(str(folder.log))}",
            )
        await asyncio.sleep(_LOOK)


def _apart(folder: Folder, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """A process that outlives this one and its terminal; no pipe joins them."""
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
        apart = {"creationflags": flags}
    try:
        with folder.log.open("ab") as log:
            return subprocess.Popen(  # noqa: S603  our own arguments
                list(arguments),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONUTF8": "1"},
                **apart,
            )
    except OSError as error:
        raise InputError(
            f"cannot start the trainer: {error.strerror}",
            f"is {printable(str(folder.path))} a folder that can be written?",
        ) from error


def _last_words(folder: Folder) -> str:
    try:
        lines = folder.log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return excerpt(lines[-1], _TAIL) if lines else "it printed nothing"
