# SPDX-License-Identifier: Apache-2.0
"""Turns as ShareGPT writes them, `{"from": "human", "value": ...}`, in the terms of chat and back.

LLaMA-Factory (data/converter.py, 0.9.5) wants them in alternation: user or observation, then
assistant or function call. So several calls are one turn, a list, and their results one turn too,
joined as it joins them itself (OpenAIDatasetConverter); what was thought before a call stands
before its JSON, where FunctionFormatter looks for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._functions import as_json, as_object
from evalkit.data.formats._layout import Row, said, spoken, text_of

__all__ = [
    "calls_of", "joined", "loads", "plain_call", "spelled_tools", "tools_column", "turns",
    "turns_of",
]  # fmt: skip

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
_NAMES = {"user": "human", "assistant": "gpt", "system": "system", "developer": "system"}
_JOINT = "\n</tool_response>\n<tool_response>\n"  # between the results of several calls
_THOUGHT = re.compile(r"\s*<think>.*?</think>\s*", re.DOTALL)


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
        if calling and (found := _calling(text, str(index))):
            pending += [c["id"] for c in found["tool_calls"]]
            yield Message("assistant", found["content"], where, found)
            continue
        role = _ROLES.get(who, who) if isinstance(who, str) else ""
        if role == "tool" and pending:
            results = text.split(_JOINT) if isinstance(text, str) and _JOINT in text else [text]
            if len(results) != len(pending):
                results = [text]
            for result in results:
                message = {"role": "tool", "tool_call_id": pending.pop(0), "content": result}
                yield Message("tool", result, where, message)
        else:
            yield said("assistant" if calling else role, text, where)


def _calling(text: Any, name: str) -> dict[str, Any] | None:
    """The message of a calling turn: JSON, perhaps with thoughts before it."""
    if calls := calls_of(loads(text), name):
        return {"role": "assistant", "content": None, "tool_calls": calls}
    thought = _THOUGHT.match(text) if isinstance(text, str) else None
    if thought and (calls := calls_of(loads(text[thought.end() :]), name)):
        return {"role": "assistant", "content": thought[0], "tool_calls": calls}
    return None


def joined(messages: Sequence[Message]) -> tuple[Row, ...]:
    """The messages of turns: a text and the calls that follow it are one message, as in chat."""
    told: list[Row] = []
    for one in messages:
        last = told[-1] if told else {}
        plain = last.get("role") == "assistant" and len(last) == 2 and bool(last.get("content"))
        if plain and one.value.get("tool_calls") and one.content is None:
            told[-1] = {**one.value, "content": last["content"]}
        else:
            told.append(one.value)
    return tuple(told)


def turns_of(messages: Sequence[Row]) -> list[dict[str, str]]:
    """Turns of messages whose contents are texts.

    Raises:
        ValueError: A role that ShareGPT has no word for, or a call that names no function.
    """
    told: list[dict[str, str]] = []
    results = 0  # of the calls before
    for message in messages:
        role, calls = message.get("role"), message.get("tool_calls")
        if role == "tool":
            results += 1
            text = text_of(message)
            if results > 1:
                told[-1]["value"] += _JOINT + text
            else:
                told.append({"from": "observation", "value": text})
            continue
        results = 0
        if not isinstance(role, str) or role not in _NAMES:
            raise ValueError("a role that ShareGPT has no word for")
        if message.get("function_call"):
            raise ValueError("a call in the old form, function_call")
        text = spoken(message)
        if not isinstance(calls, list) or not calls:
            told.append({"from": _NAMES[role], "value": text})
            continue
        made = [plain_call(call) for call in calls]
        spelled = as_json(made if made[1:] else made[0])
        thought = _THOUGHT.match(text)
        if text and not (thought and thought.end() == len(text)):
            told.append({"from": _NAMES[role], "value": text})
            text = ""
        told.append({"from": "function_call", "value": text + spelled})
    return told


def plain_call(call: Any) -> dict[str, Any]:
    """A call as `{"name", "arguments"}`, the arguments as an object where they are its JSON.

    Raises:
        ValueError: It names no function.
    """
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise ValueError("a tool call without a function")  # noqa: TRY004  (the caller's contract)
    arguments = function.get("arguments")
    found = as_object(arguments) if isinstance(arguments, str) else None
    return {"name": function["name"], "arguments": arguments if found is None else found}


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


def tools_column(tools: Sequence[Row]) -> dict[str, str]:
    """Tool definitions as a column of JSON text; no column where there are none."""
    return {"tools": as_json(list(tools))} if tools else {}


def loads(text: Any) -> Any:
    """The value of a JSON text; None where it is no text or no JSON."""
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
