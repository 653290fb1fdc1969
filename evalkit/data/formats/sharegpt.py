# SPDX-License-Identifier: Apache-2.0
"""ShareGPT rows: `{"conversations": [{"from": "human", "value": ...}]}`, tools as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import MEDIA, Layout, Row, said, text_of
from evalkit.data.formats._turns import as_json, spelled_tools, turns

__all__ = ["build", "matches", "sharegpt", "view"]

_NAMES = {"user": "human", "assistant": "gpt", "system": "system", "developer": "system"}


def matches(value: Row) -> bool:
    """It has `conversations`."""
    return "conversations" in value


def build(messages: Sequence[Row], tools: Sequence[Row] = ()) -> dict[str, Any]:
    """The row; a tool call is a turn of its own, its arguments as an object.

    Raises:
        ValueError: A role that the layout has no word for.
    """
    told: list[dict[str, str]] = []
    for message in messages:
        role, calls = message.get("role"), message.get("tool_calls")
        if role == "tool":
            told.append({"from": "observation", "value": text_of(message)})
            continue
        if role not in _NAMES:
            raise ValueError("a role that ShareGPT has no word for")
        text = text_of(message)
        if text or not calls:
            told.append({"from": _NAMES[role], "value": text})
        if isinstance(calls, list) and calls:
            made = [_call(c) for c in calls]
            told.append({"from": "function_call", "value": as_json(made if made[1:] else made[0])})
    row: dict[str, Any] = {"conversations": told}
    return {**row, "tools": as_json(list(tools))} if tools else row


def _call(call: Any) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        raise ValueError("a tool call without a function")  # noqa: TRY004  (the caller's contract)
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with suppress(ValueError, RecursionError):  # what is no JSON stays the text it is
            arguments = json.loads(arguments)
    return {"name": function.get("name"), "arguments": arguments}


def view(value: Row) -> Iterator[Message]:
    """The system text and the turns."""
    if isinstance(value.get("system"), str) and value["system"]:
        yield said("system", value["system"], "/system")
    yield from turns(value.get("conversations"), "/conversations")


sharegpt = Layout(
    name="sharegpt",
    method="sft",
    keys=MEDIA | {"conversations", "system", "tools", "metadata"},
    carries=frozenset({"system", "turns", "tools", "calls"}),
    matches=matches,
    view=view,
    build=build,
    tools=spelled_tools,
)
