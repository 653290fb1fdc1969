# SPDX-License-Identifier: Apache-2.0
"""A program as a model: it reads questions and writes answers, a line of JSON each.

`exec:python my_model.py` is started once, in the suite's folder, without a shell. It is sent

    {"messages": [...], "max_tokens": 256, "temperature": 0.0, "seed": 0, ..., "id": 1}

and writes, in any order, `{"id": 1, "text": "..."}`, with what a reply may have beside it (finish,
usage, model, refusal, tool_calls, probabilities), or `{"id": 1, "error": "what went wrong"}`. Its
standard error is the user's. It has `concurrency` questions at a time, 1 unless the suite says
more.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shlex
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import excerpt
from evalkit.models._answers import ABLE
from evalkit.models._echoed import Keys
from evalkit.models._faults import RequestError
from evalkit.models._program import Program
from evalkit.models._provided import Provided
from evalkit.models.spec import ModelSpec

__all__ = ["exec"]


@asynccontextmanager
async def exec(model: str, spec: ModelSpec, folder: Path) -> AsyncIterator[Provided]:  # noqa: A001
    """Open a program; it is started by the first question.

    The suite names it, so it is code as the suite is: it runs with the user's rights. Files of the
    suite's folder that the command names are part of its identity, so a changed program is asked
    anew.

    Raises:
        UsageError: The command is empty or its quotes do not match.
    """
    command = _command(model)
    program = Program(command, folder, float(spec.options.get("timeout", 120.0)))
    keys = Keys(spec)

    async def answer(request: Request) -> Reply:
        try:
            return keys.out_of(await program.answer(request))
        except RequestError as error:
            error.message = keys.hidden(error.message)
            raise

    try:
        yield Provided(
            answer=answer,
            identity=f"exec {_digest(command, folder)}",
            logprobs=True,
            capabilities=ABLE,
        )
    finally:
        await program.stop()


def _command(model: str) -> list[str]:
    on_windows = sys.platform == "win32"
    try:
        words = shlex.split(model, posix=not on_windows)
    except ValueError as error:
        raise UsageError(
            f"exec: {excerpt(model)}: {error}", "write it as for a shell: exec:python my_model.py"
        ) from error
    if on_windows:  # backslashes are kept there, and so are the quotes around a word
        words = [w[1:-1] if len(w) > 1 and w[0] == w[-1] and w[0] in "\"'" else w for w in words]
    if not words:
        raise UsageError("exec: names no program", "such as exec:python my_model.py")
    return words


def _digest(command: Sequence[str], folder: Path) -> str:
    whole = hashlib.sha256(json.dumps(command).encode())
    for word in command:
        with contextlib.suppress(OSError, ValueError):
            path = folder / word
            if path.is_file():
                whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
