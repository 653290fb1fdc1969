# SPDX-License-Identifier: Apache-2.0
"""Recorded answers as a model: what was said once can be judged without asking again.

A recording is JSON lines, plain or gzipped, one answer each:

    {"messages": [...], "reply": {"text": "...", "finish": "stop"}, "model": "...", "date": "..."}

Rows are found by their messages (key order and `weight` do not count), so a recording fits any
suite that asks the same questions. The first row of the same messages counts.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.atomic import atomic
from evalkit.core.errors import InputError, UsageError
from evalkit.core.example import canonical
from evalkit.core.exchange import Reply, Request
from evalkit.models._provided import Provided
from evalkit.models._wire import messages_digest, reply_from_json, reply_to_json

__all__ = ["Recorded", "read_recording", "replay", "write_recording"]

_LONGEST_LINE = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded answer.

    Attributes:
        messages: What was asked, as it was sent.
        reply: What was answered.
        model: Who answered, as the provider says or the suite names it.
        date: ISO date of the answer.
    """

    messages: Sequence[Mapping[str, Any]]
    reply: Reply
    model: str | None = None
    date: str | None = None


@asynccontextmanager
async def replay(model: str, folder: Path) -> AsyncIterator[Provided]:
    """Open a recording. Questions that it does not hold end the run with exit code 2.

    Raises:
        InputError: The file is missing or is no recording.
    """
    path = folder / model
    rows, digest = _read(path)
    replies: dict[str, Reply] = {}
    for row in rows:
        replies.setdefault(messages_digest(row.messages), row.reply)

    async def ready(requests: Sequence[Request]) -> None:
        missing = sum(messages_digest(r.messages) not in replies for r in requests)
        if missing:
            raise _missing(path, missing, len(requests))

    async def answer(request: Request) -> Reply:
        try:
            return replies[messages_digest(request.messages)]
        except KeyError:
            raise _missing(path, 1, 1) from None

    yield Provided(
        answer=answer,
        identity=f"replay {digest}",
        logprobs=any(row.reply.positions or row.reply.probabilities for row in rows),
        recorded=max((row.date for row in rows if row.date), default=None),
        ready=ready,
    )


def read_recording(path: Path) -> list[Recorded]:
    """Every row of a recording, in its order.

    Raises:
        InputError: The file is missing or is no recording; the line is named.
    """
    return _read(path)[0]


def write_recording(path: Path, rows: Iterable[Recorded]) -> None:
    """Write answers as a recording, gzipped where the name ends in `.gz`; equal rows, equal bytes.

    Raises:
        InputError: The place cannot be written.
    """
    with atomic(path) as stream:
        if path.suffix == ".gz":  # no name and no time in the header: the bytes are reproducible
            with gzip.GzipFile("", "wb", 9, stream, mtime=0) as packed:
                packed.writelines(map(_line, rows))
        else:
            stream.writelines(map(_line, rows))


def _line(row: Recorded) -> bytes:
    value: dict[str, Any] = {
        "messages": [dict(message) for message in row.messages],
        "reply": reply_to_json(row.reply),
    }
    value |= {k: v for k, v in (("model", row.model), ("date", row.date)) if v is not None}
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates stay what they are, as escapes
        return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _read(path: Path) -> tuple[list[Recorded], str]:
    """The rows and sha256 of what they say, so that packing a file changes nothing."""
    rows = []
    whole = hashlib.sha256()
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            stream = io.BufferedReader(gzip.GzipFile(fileobj=raw)) if packed else raw
            number = 0
            while line := stream.readline(_LONGEST_LINE + 1):
                number += 1
                if not line.strip():
                    continue
                rows.append(_row(line, f"{path}:{number}"))
                whole.update(canonical(_value(rows[-1])))
    except OSError as error:
        raise InputError(
            f"cannot read the recording {path}: {error.strerror or error}", "is the path right?"
        ) from error
    except EOFError as error:
        raise InputError(f"the recording {path} is cut off", "record it again") from error
    if not rows:
        raise InputError(f"the recording {path} is empty", "record it again")
    return rows, whole.hexdigest()


def _value(row: Recorded) -> list[Any]:
    return [messages_digest(row.messages), reply_to_json(row.reply)]


def _row(line: bytes, where: str) -> Recorded:
    hint = 'a row is {"messages": [...], "reply": {"text": "..."}}'
    if len(line) > _LONGEST_LINE:
        raise InputError(f"{where}: the line is longer than {_LONGEST_LINE >> 20} MiB", hint)
    try:
        value = json.loads(line.removeprefix(b"\xef\xbb\xbf"))
        messages, reply = value["messages"], value["reply"]
        return Recorded(
            messages=_checked(messages),
            reply=reply_from_json(reply),
            model=_text(value, "model"),
            date=_text(value, "date"),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        why = str(error) if type(error) is ValueError else "not a recorded answer"
        raise InputError(f"{where}: {why}", hint) from error


def _checked(messages: Any) -> list[dict[str, Any]]:
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise ValueError("`messages` is not a list of messages")
    return messages


def _text(value: Mapping[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) else None


def _missing(path: Path, missing: int, wanted: int) -> UsageError:
    return UsageError(
        f"{missing} of {wanted} questions are not in the recording {path}",
        'add their answers to it, a JSON line each: {"messages": […], "reply": {"text": "…"}}',
    )
