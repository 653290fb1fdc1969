# SPDX-License-Identifier: Apache-2.0
"""Turns as ShareGPT writes them, `{"from": "human", "value": ...}`, in the terms of chat."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._layout import Row, said

__all__ = ["as_json", "calls_of", "loads", "spelled_tools", "turns"]

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
    "tool_response": "tool",
}
_CALLING = frozenset({"function_call", "tool_call"})


def turns(listed: Any, pointer: str) -> Iterator[Message]:
    """Messages of a list of turns; what is no turn is left out.

    Some sets say `role` and `content` in the same place: they are read as such.
    """
    pending: list[str] = []  # ids of calls that wait for their results
    for index, turn in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(turn, dict):
            continue
        where = f"{pointer}/{index}"
        who = turn.get("from", turn.get("role"))
        text = turn.get("value", turn.get("content"))
        calling = isinstance(who, str) and who in _CALLING
        if calling and (calls := calls_of(loads(text), str(index))):
            pending += [c["id"] for c in calls]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
            yield Message("assistant", None, where, message)
            continue
        role = _ROLES.get(who, who) if isinstance(who, str) else ""
        if role == "tool" and pending:
            message = {"role": "tool", "tool_call_id": pending.pop(0), "content": text}
            yield Message("tool", text, where, message)
        else:
            yield said("assistant" if calling else role, text, where)


def calls_of(loaded: Any, name: str) -> list[dict[str, Any]]:
    """Tool calls of `{"name", "arguments"}` or a list of them; none where it is something else.

    Args:
        loaded: The parsed text.
        name: Makes the ids of the calls differ within a row.
    """
    made = loaded if isinstance(loaded, list) else [loaded]
    if not made or not all(isinstance(c, dict) and isinstance(c.get("name"), str) for c in made):
        return []
    return [
        {
            "id": f"call_{name}_{number}",
            "type": "function",
            "function": {
                "name": call["name"],
                "arguments": a if isinstance(a := call.get("arguments"), str) else as_json(a),
            },
        }
        for number, call in enumerate(made)
    ]


def spelled_tools(value: Row) -> Sequence[Row]:
    """Tool definitions of a row that holds them as JSON text, or as a list."""
    tools = value.get("tools")
    loaded = tools if isinstance(tools, list) else loads(tools)
    if not isinstance(loaded, list):
        return ()
    return [
        tool if "function" in tool else {"type": "function", "function": tool}
        for tool in loaded
        if isinstance(tool, dict)
    ]


def as_json(value: Any) -> str:
    """JSON in which Chinese is written as itself."""
    return json.dumps(value, ensure_ascii=False)


def loads(text: Any) -> Any:
    """The value of a JSON text; None where it is no text or no JSON."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
