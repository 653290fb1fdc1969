# SPDX-License-Identifier: Apache-2.0
"""One recorded answer, as a value and as a row (schemas/recording.schema.json)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evalkit.core.example import canonical
from evalkit.core.exchange import Reply, Request
from evalkit.models._wire import reply_from_json, reply_to_json, request_to_json

__all__ = ["Recorded", "asked_with", "from_row", "request_sha256", "row_bytes", "to_row"]

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NOT_PARAMETERS = ("messages", "tools")  # have keys of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded answer; every one stands alone, so that files can be joined.

    Attributes:
        messages: What was asked, as it was sent; None where the record does not hold it.
        reply: What was answered.
        model: Who answered, as the suite or the command line names it.
        date: ISO day of the record.
        identity: What answered, as in the store's keys; without credentials.
        parameters: What the request said besides its messages and tools.
        tools: Tool definitions that were sent.
        repeat: Which repetition of the same question, from 0.
        ids: Names of the question: of its row, its hash, its line.
        origin: What recorded it, such as {"suite": "x.eval.yaml"}, relative to the recording.
        request_sha256: Of the whole request, hex; None where it is not known.
        place: Where the question stands in its data set, from 0, in records of others that say so;
            our own rows do not hold it.
        expected: What should have been answered, in records that hold it; likewise.
        fields: Further facts of the row, such as {"lang": "zh"}; likewise.
        line: Line of the file where the record stands, where its layout knows it; likewise.
    """

    messages: Sequence[Mapping[str, Any]] | None
    reply: Reply
    model: str | None = None
    date: str | None = None
    identity: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: Sequence[Mapping[str, Any]] = ()
    repeat: int = 0
    ids: Sequence[str] = ()
    origin: Mapping[str, str] = field(default_factory=dict)
    request_sha256: str | None = None
    place: int | None = None
    expected: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


def request_sha256(request: Request) -> str:
    """sha256 of a request, hex: who answers and the repetition are not in it."""
    return hashlib.sha256(canonical(request_to_json(request))).hexdigest()


def asked_with(
    request: Request,
    reply: Reply,
    *,
    model: str,
    identity: str,
    date: str,
    repeat: int = 0,
    origin: Mapping[str, str],
) -> Recorded:
    """The record of an answer to a request, as it was sent."""
    whole = request_to_json(request)
    return Recorded(
        messages=whole["messages"],
        reply=reply,
        model=model,
        date=date,
        identity=identity,
        parameters={
            key: value
            for key, value in whole.items()
            if key not in _NOT_PARAMETERS and value not in (None, [], {})
        },
        tools=whole["tools"],
        repeat=repeat,
        ids=tuple(request.ids),
        origin=origin,
        request_sha256=request_sha256(request),
    )


def to_row(row: Recorded) -> dict[str, Any]:
    """The row of a recording; what is empty is left out."""
    reply = reply_to_json(row.reply)
    answered_by = reply.pop("model", None)
    whole: dict[str, Any] = {
        "model": row.model,
        "answered_by": answered_by,
        "identity": row.identity,
        "date": row.date,
        "repeat": row.repeat or None,
        "ids": list(row.ids) or None,
        "from": dict(row.origin) or None,
        "messages": None if row.messages is None else [dict(m) for m in row.messages],
        "tools": [dict(tool) for tool in row.tools] or None,
        "parameters": dict(row.parameters) or None,
        "reply": reply,
        "request_sha256": row.request_sha256,
    }
    return {key: value for key, value in whole.items() if value is not None}


def row_bytes(row: Recorded) -> bytes:
    """One line of a recording; equal rows, equal bytes."""
    value = to_row(row)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode() + b"\n"
    except UnicodeEncodeError:  # lone surrogates stay what they are, as escapes
        return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def from_row(value: Mapping[str, Any]) -> Recorded:
    """The record that a row holds; rows with `messages` and `reply` alone are enough.

    Raises:
        ValueError: It holds none; its text says what is wrong, without data.
    """
    messages, said = value.get("messages"), value.get("reply")
    if messages is not None and not _are_messages(messages):
        raise ValueError("`messages` is not a list of messages")
    if not isinstance(said, Mapping):
        raise ValueError("it has no `reply`")  # noqa: TRY004  of the data, not the call
    reply = reply_from_json(said)
    if reply.model is None and (by := _text(value, "answered_by")) is not None:
        reply = replace(reply, model=by)
    repeat = value.get("repeat", 0)
    if type(repeat) is not int or repeat < 0:
        raise ValueError("`repeat` is not a number from 0")
    ids, tools = value.get("ids", []), value.get("tools", [])
    origin = value.get("from")
    parameters = value.get("parameters")
    return Recorded(
        messages=messages,
        reply=reply,
        model=_text(value, "model"),
        date=_day(value),
        identity=_text(value, "identity"),
        parameters=parameters if isinstance(parameters, Mapping) else {},
        tools=tuple(tools) if _are_messages(tools) else (),
        repeat=repeat,
        ids=tuple(str(one) for one in ids) if isinstance(ids, list) else (),
        origin={str(k): v for k, v in origin.items() if isinstance(v, str)}
        if isinstance(origin, Mapping)
        else {},
        request_sha256=_text(value, "request_sha256"),
    )


def _are_messages(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _day(value: Mapping[str, Any]) -> str | None:
    """An ISO day, or what begins with one; anything else tells no day."""
    found = _DAY.match(_text(value, "date") or "")
    return found.group() if found else None


def _text(value: Mapping[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) else None
