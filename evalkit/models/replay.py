# SPDX-License-Identifier: Apache-2.0
"""Recorded answers as a model: what was said once can be judged without asking again.

`replay:FILE` reads any layout of `models/recordings`; `replay:FILE#NAME` takes the answers of one
model of several; `replay:FILE+QUESTIONS` adds what was asked from another file, such as the input
of a batch. Rows are found by their messages (key order and `weight` do not count), so a recording
fits any suite that asks the same questions; records of others also by identifier or order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from evalkit.core.exchange import Reply, Request
from evalkit.models._provided import Provided
from evalkit.models.recordings._matching import matched
from evalkit.models.recordings._read import open_recording, read_recording
from evalkit.models.recordings._recorded import Recorded
from evalkit.models.recordings._write import write_recording

__all__ = ["Recorded", "named_parts", "read_recording", "replay", "write_recording"]

# Whatever was asked for, it was asked when it was recorded.
_CAPABILITIES = frozenset({"tools", "seed", "response_format", "system"})


@asynccontextmanager
async def replay(model: str, folder: Path) -> AsyncIterator[Provided]:
    """Open a recording. Questions that it does not hold end the run with exit code 2.

    Raises:
        InputError: The file is missing or is no recording.
        UsageError: It holds the answers of several models and none is named.
    """
    path, asked, name = named_parts(model, folder)
    recording = open_recording(path, model=name, asked=asked)
    rows = [row for row in recording.rows if row.reply.finish != "error"]
    notes: list[tuple[str, str]] = []

    async def at_hand(requests: Sequence[Request], repeat: int) -> Sequence[Reply]:
        found = matched(recording, requests, repeat=repeat)
        notes.extend(note for note in found.notes if note not in notes)
        return found.replies

    async def ready(requests: Sequence[Request]) -> None:
        matched(recording, requests)

    async def answer(request: Request) -> Reply:
        return matched(recording, [request]).replies[0]

    logprobs = any(row.reply.positions or row.reply.probabilities for row in rows)
    yield Provided(
        answer=answer,
        identity=f"replay {recording.digest}",
        logprobs=logprobs,
        recorded=max((row.date for row in rows if row.date), default=""),
        ready=ready,
        capabilities=_CAPABILITIES | ({"logprobs"} if logprobs else frozenset()),
        at_hand=at_hand,
        notes=notes,
    )


def named_parts(model: str, folder: Path) -> tuple[Path, Path | None, str | None]:
    """The file, the file of questions and the model of `FILE[+QUESTIONS][#NAME]`.

    A file whose name holds these marks is taken as it is where it exists.
    """
    marks = [place for place, letter in enumerate(model) if letter == "#"]
    parts = [(model, "")] + [(model[:place], model[place + 1 :]) for place in reversed(marks)]
    for place, name in parts:
        if (folder / place).is_file():
            return folder / place, None, name or None
        file, plus, asked = place.rpartition("+")
        if plus and (folder / file).is_file() and (folder / asked).is_file():
            return folder / file, folder / asked, name or None
    place, name = parts[min(1, len(marks))]  # something is not there: taken as it reads
    file, plus, asked = place.rpartition("+")
    if plus and (folder / file).is_file():
        return folder / file, folder / asked, name or None
    return folder / place, None, name or None
