# SPDX-License-Identifier: Apache-2.0
"""A running program and the questions that it has not answered yet."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalkit.core.errors import InputError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.models._answers import asked, reply_of
from evalkit.models._faults import RequestError, TimedOutError, UnreachableError

__all__ = ["Program"]

LONGEST_LINE = 64 * 2**20
GRACE = 5.0  # seconds to end after its input is closed


class Program:
    """Started by the first question, asked by lines, answered in any order."""

    def __init__(self, command: Sequence[str], folder: Path, seconds: float) -> None:
        """Set up; nothing runs yet.

        Args:
            command: The program and its arguments; no shell sees them.
            folder: That it runs in.
            seconds: To wait for one answer.
        """
        self._command, self._folder, self._seconds = command, folder, seconds
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._writing = asyncio.Lock()
        self._open: dict[int, asyncio.Future[Reply]] = {}
        self._number = 0
        self._ended = ""  # how, once it has

    async def answer(self, request: Request) -> Reply:
        """Ask it.

        Raises:
            InputError: It cannot be started.
            UnreachableError: It has ended.
            TimedOutError: It says nothing.
            RequestError: It said something that is no answer.
        """
        process = await self._started()
        self._number += 1
        number = self._number
        line = json.dumps({**asked(request), "id": number}).encode() + b"\n"
        if self._ended:
            raise self._gone()
        waiting = self._open[number] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._seconds):
                await self._write(process, line)
                reply: Reply = await waiting
                return reply
        except TimeoutError:
            raise TimedOutError(f"{self.name} gave no answer within {self._seconds:g} s") from None
        except (BrokenPipeError, ConnectionResetError):
            with contextlib.suppress(TimeoutError):  # how it ended is worth a moment
                await asyncio.wait_for(process.wait(), GRACE)
            raise self._gone() from None
        finally:
            self._open.pop(number, None)
            if waiting.done() and not waiting.cancelled():
                waiting.exception()  # seen, or asyncio complains that nobody looked

    async def stop(self) -> None:
        """Close its input, wait, and end it and what it started if it does not go."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            _kill(process)
            await process.wait()
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading

    @property
    def name(self) -> str:
        """As a message calls it."""
        return f"exec:{excerpt(' '.join(self._command), 60)}"

    async def _write(self, process: asyncio.subprocess.Process, line: bytes) -> None:
        if process.stdin is None:
            raise BrokenPipeError
        async with self._writing:  # drain() is for one at a time
            process.stdin.write(line)
            await process.stdin.drain()

    async def _started(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None:
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        *self._command,
                        cwd=self._folder,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        limit=LONGEST_LINE,
                        **_apart(),
                    )
                except (OSError, ValueError) as error:
                    why = error.strerror if isinstance(error, OSError) else str(error)
                    raise InputError(
                        f"cannot start {self.name}: {why}",
                        "is the program installed, and the path right from the suite's folder?",
                    ) from error
                self._reading = asyncio.create_task(self._read(self._process))
            return self._process

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        stream = process.stdout
        try:
            while stream is not None and (line := await stream.readline()):
                self._take(line)
            code = await process.wait()
            self._ended = f"has ended (exit code {code})"
        except ValueError:
            self._ended = f"wrote a line of more than {LONGEST_LINE >> 20} MB"
            _kill(process)
        finally:
            self._ended = self._ended or "is stopped"
            for waiting in self._open.values():
                if not waiting.done():
                    waiting.set_exception(self._gone())

    def _take(self, line: bytes) -> None:
        """One line of the program: an answer, or noise."""
        try:
            value: Any = json.loads(line)
        except (ValueError, RecursionError):
            value = None
        number = value.get("id") if isinstance(value, Mapping) else None
        if not isinstance(number, int) or isinstance(number, bool):
            # Whose answer it was meant to be is not known: none of the open ones can be trusted.
            shown = excerpt(line.decode("utf-8", "replace").strip(), 80)
            known = isinstance(value, Mapping)
            lacks = "no `id` of a question" if known else "not JSON of `id` and `text`"
            fault = f"{self.name} wrote a line that is no answer: {shown} ({lacks})"
            for waiting in self._open.values():
                if not waiting.done():
                    waiting.set_exception(RequestError(fault))
            return
        mine = self._open.get(number)
        if mine is None or mine.done():
            return  # too late: it was given up
        try:
            mine.set_result(reply_of({k: v for k, v in value.items() if k != "id"}))
        except ValueError as error:
            mine.set_exception(RequestError(f"{self.name}: {excerpt(str(error), 200)}"))

    def _gone(self) -> UnreachableError:
        return UnreachableError(
            f"{self.name} {self._ended or 'has ended'}",
            "what it said itself stands above; it must read lines until its input is closed",
        )


def _apart() -> dict[str, Any]:
    """A group of its own: Ctrl-C is for evalkit, which lets it finish what it was asked."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
