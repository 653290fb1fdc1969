# SPDX-License-Identifier: Apache-2.0
"""ShareGPT rows: `{"conversations": [{"from": "human", "value": ...}]}`, tools as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import Layout, Row, said, text_of

__all__ = ["build", "matches", "sharegpt"]

_ROLES = {
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "system": "system",
    "observation": "tool",
    "tool": "tool",
}
_NAMES = {"user": "human", "assistant": "gpt", "system": "system", "developer": "system"}


def matches(value: Row) -> bool:
    """It has `conversations`."""
    return "conversations" in value


def build(messages: Sequence[Row], tools: Sequence[Row] = ()) -> dict[str, Any]:
    """The row; a tool call is a turn of its own, its arguments as an object.

    Raises:
        ValueError: A role that the layout has no word for.
    """
    turns: list[dict[str, str]] = []
    for message in messages:
        role, calls = message.get("role"), message.get("tool_calls")
        if role == "tool":
            turns.append({"from": "observation", "value": text_of(message)})
            continue
        if role not in _NAMES:
            raise ValueError("a role that ShareGPT has no word for")
        text = text_of(message)
        if text or not calls:
            turns.append({"from": _NAMES[role], "value": text})
        if isinstance(calls, list) and calls:
            made = [_call(c) for c in calls]
            turns.append({"from": "function_call", "value": _json(made if made[1:] else made[0])})
    row: dict[str, Any] = {"conversations": turns}
    return {**row, "tools": _json(list(tools))} if tools else row


def _call(call: Any) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict):
        raise ValueError("a tool call without a function")  # noqa: TRY004  (the caller's contract)
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with suppress(ValueError, RecursionError):  # what is no JSON stays the text it is
            arguments = json.loads(arguments)
    return {"name": function.get("name"), "arguments": arguments}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _loads(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _view(value: Row) -> Iterator[Message]:
    if isinstance(value.get("system"), str) and value["system"]:
        yield said("system", value["system"], "/system")
    turns = value.get("conversations")
    pending: list[str] = []  # ids of calls that wait for their results
    for index, turn in enumerate(turns if isinstance(turns, list) else ()):
        if not isinstance(turn, dict):
            continue
        pointer, who, text = f"/conversations/{index}", turn.get("from"), turn.get("value")
        if who == "function_call" and (calls := _calls(text, index)):
            pending += [c["id"] for c in calls]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
            yield Message("assistant", None, pointer, message)
            continue
        role = _ROLES.get(who, who) if isinstance(who, str) else ""
        if role == "tool" and pending:
            message = {"role": "tool", "tool_call_id": pending.pop(0), "content": text}
            yield Message("tool", text, pointer, message)
        else:
            yield said("assistant" if role == "function_call" else role, text, pointer)


def _calls(text: Any, index: int) -> list[dict[str, Any]]:
    """Tool calls of a `function_call` turn; none where its text is not what it should be."""
    loaded = _loads(text)
    made = loaded if isinstance(loaded, list) else [loaded]
    if not made or not all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in made):
        return []
    return [
        {
            "id": f"call_{index}_{number}",
            "type": "function",
            "function": {
                "name": call["name"],
                "arguments": a if isinstance(a := call.get("arguments"), str) else _json(a),
            },
        }
        for number, call in enumerate(made)
    ]


def _tools(value: Row) -> Sequence[Row]:
    loaded = _loads(value.get("tools"))
    if not isinstance(loaded, list):
        return ()
    return [
        tool if "function" in tool else {"type": "function", "function": tool}
        for tool in loaded
        if isinstance(tool, dict)
    ]


sharegpt = Layout(
    name="sharegpt",
    method="sft",
    keys=frozenset({"conversations", "system", "tools", "metadata"}),
    carries=frozenset({"system", "turns", "tools", "calls"}),
    matches=matches,
    view=_view,
    build=build,
    tools=_tools,
)
