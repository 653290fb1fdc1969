# SPDX-License-Identifier: Apache-2.0
"""Which recorded answer belongs to which question."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.secrets import quoted
from evalkit.models._wire import messages_digest
from evalkit.models.recordings._read import Recording
from evalkit.models.recordings._recorded import Recorded, request_sha256

__all__ = ["Match", "matched"]

_MOST_NAMED = 3
_REPEATS = re.compile(r" --repeats \d+")
_INSTRUCTIONS = ("system", "developer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The answers to a list of questions.

    Attributes:
        replies: Shape (n,), in the order of the questions.
        notes: What a reader must know of how they were found, in English and Chinese.
    """

    replies: Sequence[Reply]
    notes: Sequence[tuple[str, str]] = ()


Way = Callable[[Sequence[Recorded], Sequence[Request]], list[Recorded | None]]


def matched(recording: Recording, requests: Sequence[Request], *, repeat: int = 0) -> Match:
    """The recorded answer to each question.

    By what was asked, where the record holds that as it was sent. Records of others may hold
    something that only resembles it: there the first of these ways is taken that finds all
    questions: by the messages, by the messages without system messages, by identifiers, by order
    (only where there are as many answers as questions).

    Args:
        recording: Of one model.
        requests: Shape (n,), as they would be sent.
        repeat: Which repetition of the questions is wanted, from 0.

    Raises:
        UsageError: Some are not there; how many, the first of them, and the line that records them.
    """
    rows = [row for row in recording.rows if row.repeat == repeat]
    ways = _EXACT if recording.exact else _WAYS
    best: tuple[int, str, list[Recorded | None]] = (-1, "", [])
    for name, way in ways.items():
        found = [_answered(row) for row in way(rows, requests)]
        count = sum(row is not None for row in found)
        if count > best[0]:
            best = count, name, found
        if count == len(requests):
            break
    count, name, found = best
    if count < len(requests):
        raise _missing(recording, requests, found, rows, repeat)
    replies = [row.reply for row in found if row is not None]
    notes = [*_NOTES.get(name, ()), *_other_settings(found, requests)]
    return Match(replies=replies, notes=notes)


def _answered(row: Recorded | None) -> Recorded | None:
    return None if row is None or row.reply.finish == "error" else row


def _by_messages(rows: Sequence[Recorded], requests: Sequence[Request]) -> list[Recorded | None]:
    known: dict[str, list[Recorded]] = {}
    for row in rows:
        if row.messages is not None:
            known.setdefault(messages_digest(row.messages), []).append(row)
    return [_first(known.get(messages_digest(r.messages), ()), r) for r in requests]


def _first(rows: Sequence[Recorded], request: Request) -> Recorded | None:
    """Of several answers to the same messages the one to the very request, else the first."""
    good = [row for row in rows if row.reply.finish != "error"]
    if len(good) > 1:
        wanted = request_sha256(request)
        good.sort(key=lambda row: row.request_sha256 != wanted)
    return good[0] if good else None


def _without_system(rows: Sequence[Recorded], requests: Sequence[Request]) -> list[Recorded | None]:
    known: dict[str, Recorded] = {}
    for row in rows:
        if row.messages is not None and row.reply.finish != "error":
            known.setdefault(_bare(row.messages), row)
    return [known.get(_bare(request.messages)) for request in requests]


def _bare(messages: Sequence[Mapping[str, Any]]) -> str:
    return messages_digest([m for m in messages if m.get("role") not in _INSTRUCTIONS])


def _by_ids(rows: Sequence[Recorded], requests: Sequence[Request]) -> list[Recorded | None]:
    known: dict[str, Recorded] = {}
    for row in rows:
        if row.reply.finish != "error":
            for name in row.ids:
                known.setdefault(name, row)
    return [
        next((known[name] for name in request.ids if name in known), None) for request in requests
    ]


def _by_order(rows: Sequence[Recorded], requests: Sequence[Request]) -> list[Recorded | None]:
    if len(rows) != len(requests):
        return [None] * len(requests)
    places = [row.place for row in rows]
    if None not in places:
        in_order = sorted(rows, key=lambda row: row.place or 0)
        if [row.place for row in in_order] == list(range(len(rows))):
            return list(in_order)
        return [None] * len(requests)
    if any(row.ids for row in rows):  # they name questions, and others
        return [None] * len(requests)
    return list(rows)


_EXACT: Mapping[str, Way] = {"messages": _by_messages}
_WAYS: Mapping[str, Way] = {
    "messages": _by_messages,
    "without system": _without_system,
    "ids": _by_ids,
    "order": _by_order,
}
_NOTES: Mapping[str, Sequence[tuple[str, str]]] = {
    "without system": [
        (
            "its recorded answers were matched without system messages, which differ there",
            "其录制的回答在匹配时未计系统消息（两边的系统消息不同）",
        )
    ],
    "ids": [
        (
            "its recorded answers were matched by identifier: what was asked is not checked",
            "其录制的回答按编号匹配：未核对所提的问题",
        )
    ],
    "order": [
        (
            "its recorded answers were matched by order alone: as many answers as questions",
            "其录制的回答仅按顺序匹配：回答与问题数量相同",
        )
    ],
}


def _other_settings(
    found: Sequence[Recorded | None], requests: Sequence[Request]
) -> list[tuple[str, str]]:
    """Whether the answers were given under settings that would have changed them now.

    A lower limit matters where the answer is longer, a higher one where it was cut off; which
    alternatives were asked for changes nothing.
    """
    notes = []
    matters = {"max_tokens": _limit_matters, "temperature": lambda *_: True}
    for name, does in matters.items():
        pairs = [
            (row.parameters[name], getattr(request, name), row.reply)
            for row, request in zip(found, requests, strict=True)
            if row is not None and isinstance(row.parameters.get(name), int | float)
        ]
        differ = [(old, new) for old, new, reply in pairs if old != new and does(old, new, reply)]
        if differ:
            then, now = differ[0]
            en = f"{len(differ)} of its recorded answers were given with {name} {then:g}"
            zh = f"其中 {len(differ)} 条录制的回答所用的 {name} 为 {then:g}"
            notes.append((f"{en}, the questions say {now:g}", f"{zh}，而现在的问题为 {now:g}"))
    return notes


def _limit_matters(then: int, now: int, reply: Reply) -> bool:
    if now > then:
        return reply.finish == "length"
    if reply.usage is not None:
        return reply.usage.completion_tokens > now
    return len(reply.text.encode("utf-8", "surrogatepass")) > now  # no token is less than a byte


def _missing(
    recording: Recording,
    requests: Sequence[Request],
    found: Sequence[Recorded | None],
    rows: Sequence[Recorded],
    repeat: int,
) -> UsageError:
    lacking = [r for r, row in zip(requests, found, strict=True) if row is None]
    named = ", ".join(_name(request) for request in lacking[:_MOST_NAMED])
    more = f" and {len(lacking) - _MOST_NAMED} more" if len(lacking) > _MOST_NAMED else ""
    whose = f" (model {quoted(recording.model, 60)})" if recording.model else ""
    again = f", repeat {repeat + 1}" if repeat else ""
    failed = sum(row.reply.finish == "error" for row in rows)
    why = f"; {failed} of its rows are errors" if failed else ""
    return UsageError(
        f"{len(lacking)} of {len(requests)} questions are not in the recording "
        f"{recording.path}{whose}{again}: {named}{more}{why}",
        _mend(recording, lacking[0], repeat),
    )


def _name(request: Request) -> str:
    """How a person finds the row: its line, and the name that it has in the data."""
    if request.ids:
        line = next((name for name in reversed(request.ids) if name.startswith("line ")), "")
        own = [name for name in request.ids[1:] if name != line]
        return quoted(f"{line} ({own[0]})" if line and own else line or request.ids[-1], 60)
    content = request.messages[-1].get("content") if request.messages else ""
    return f"`{quoted(content if isinstance(content, str) else '', 40)}`"


def _mend(recording: Recording, request: Request, repeat: int) -> str:
    """The line that records them."""
    path = recording.path
    origin: Mapping[str, str] = next((row.origin for row in recording.rows if row.origin), {})
    again = f" --repeats {repeat + 1}" if repeat else ""
    if suite := origin.get("suite"):
        return f"record them: evalkit run {_beside(path, suite)}{again} --record {path}"
    if data := origin.get("data"):
        said = f" {quoted(origin['options'], 300)}" if "options" in origin else ""
        options = _REPEATS.sub("", said) + again if again else said
        return f"record them: evalkit record {_beside(path, data)}{options} -o {path}"
    ids = [name for row in recording.rows for name in row.ids][:_MOST_NAMED]
    if ids and request.ids:
        theirs = ", ".join(f"`{quoted(name, 30)}`" for name in ids)
        ours = ", ".join(f"`{quoted(name, 30)}`" for name in request.ids)
        return f"its answers are called {theirs}, …; the first of these questions is called {ours}"
    if not recording.exact and recording.layout.name != "id-and-text":
        return (
            f"{recording.layout.whose}: of {len(recording.rows)} answers none is to such a question"
        )
    return 'add their answers to it, a JSON line each: {"messages": […], "reply": {"text": "…"}}'


def _beside(path: PurePath, other: str) -> str:
    return quoted(os.path.normpath(path.parent / other).replace(os.sep, "/"), 200)
