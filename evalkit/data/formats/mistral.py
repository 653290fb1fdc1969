# SPDX-License-Identifier: Apache-2.0
"""Rows of Mistral's trainers: chat rows whose calls have ids of nine letters and digits.

mistral-finetune (archived; finetune/data/tokenize.py) and mistral_common 1.13.1, read 2026-11. The
old keys `interactions`, `text`, `available_tools` and `system_prompt` are read, not written. What
was thought stands in a part of its own, which versions before tokenizer 11 do not take; nor do
those before 7 take text beside a call. A chat row that is right for Mistral as it stands is only
known for one of Mistral's by such a thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import INSTRUCTIONS, Conversation
from evalkit.data.formats._files import File, file_of, part_of
from evalkit.data.formats._functions import (
    NO_PARAMETERS,
    as_json,
    function_in,
    tool_of,
    with_ids,
)
from evalkit.data.formats._layout import Layout, Row, content_of, learnable, text_of

__all__ = ["build", "matches", "mistral"]

_ID = "[a-zA-Z0-9]{9}"
_KEYS = {  # of messages, beside content and calls: mistral_common refuses others
    "system": (),
    "user": (),
    "assistant": ("weight", "prefix"),
    "tool": ("tool_call_id", "name"),
}


@cache
def _id() -> re.Pattern[str]:
    return re.compile(_ID)


def matches(value: Row) -> bool:
    """It has a key of the old trainer, or a part for thoughts.

    Calls with ids as Mistral wants them do not make it one: others take such ids too.
    """
    if isinstance(value.get("interactions"), list):
        return True
    messages = value.get("messages")
    if not isinstance(messages, list):
        return False
    for message in messages:
        if not isinstance(message, Mapping):
            return False
        if "text" in message and "content" not in message and "role" in message:
            return True
        content = message.get("content")
        if isinstance(content, list) and any(map(_thinks, content)):
            return True
    return False


def _thinks(part: Any) -> bool:
    """Whether it is a thought; Anthropic's are signed."""
    known = isinstance(part, Mapping) and part.get("type") == "thinking"
    return known and "signature" not in part


# Reading


def _view(value: Row) -> Iterator[Message]:
    told = value.get("system_prompt")
    if isinstance(told, str) and told:
        yield Message("system", told, "/system_prompt", {"role": "system", "content": told})
    key = "messages" if "messages" in value else "interactions"
    listed = value.get(key)
    for index, message in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(message, dict):
            who = message.get("role")
            said = _said(message)
            role = who if isinstance(who, str) else ""
            yield Message(role, said.get("content"), f"/{key}/{index}", said)


def _said(message: Row) -> Row:
    """A message in the terms of chat completions; the very same where it is that already."""
    said = message
    if "text" in said and "content" not in said:
        said = {("content" if key == "text" else key): told for key, told in said.items()}
    if isinstance(content := said.get("content"), list):
        parts = [_part(part) for part in content if not _thinks(part)]
        thoughts = [_thought(part) for part in content if _thinks(part)]
        if thoughts or parts != content:
            said = {**said, "content": content_of(parts, empty="")}
        if thoughts:
            said = {**said, "reasoning_content": "\n".join(thoughts)}
    calls = said.get("tool_calls")
    if isinstance(calls, list) and not all(map(_is_spelled, calls)):
        said = {**said, "tool_calls": [_spelled(call) for call in calls]}
    return said


def _thought(part: Mapping[str, Any]) -> str:
    """What was thought: a text, or parts of text as the service gives it."""
    told = part.get("thinking")
    return told if isinstance(told, str) else text_of({"content": told})


def _part(part: Any) -> Any:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind in ("image_url", "audio_url") and isinstance(part.get(kind), str):
        return {"type": kind, kind: {"url": part[kind]}}
    if kind == "input_audio" and isinstance(part.get(kind), str):
        found = file_of({"type": "audio_url", "audio_url": part[kind]})
        return part_of(found) if found and found.data else {**part, kind: {"data": part[kind]}}
    return part


def _is_spelled(call: Any) -> bool:
    function = call.get("function") if isinstance(call, Mapping) else None
    return not isinstance(function, Mapping) or not isinstance(function.get("arguments"), dict)


def _spelled(call: Any) -> Any:
    if _is_spelled(call):
        return call
    function = call["function"]
    return {**call, "function": {**function, "arguments": as_json(function["arguments"])}}


def _tools(value: Row) -> Sequence[Row]:
    tools = value.get("tools") or value.get("available_tools")
    return tools if isinstance(tools, list) else ()


# Writing


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: calls are renamed, system texts at the beginning joined.

    Raises:
        ValueError: A role that the layout has no word for, or nothing but a system prompt.
    """
    messages: list[dict[str, Any]] = []
    for message in with_ids(learnable(conversation).messages, _ID):
        said = _written(message)
        first = len(messages) == 1 and messages[0]["role"] == "system"
        if first and said["role"] == "system":
            messages[0]["content"] = f"{text_of(messages[0])}\n{text_of(said)}"
        else:
            messages.append(said)
    if all(message["role"] == "system" for message in messages):
        raise ValueError("there is nothing but a system prompt")
    row: dict[str, Any] = {"messages": messages}
    functions = [_declared(f) for tool in conversation.tools if (f := function_in(tool))]
    return {**row, "tools": functions} if functions else row


def _written(message: Row) -> dict[str, Any]:
    role = message.get("role")
    role = "system" if role in INSTRUCTIONS else role
    if role not in _KEYS:
        raise ValueError("a role that Mistral has no word for")
    made = message.get("tool_calls")
    calls = made if isinstance(made, list) else []
    content = _content(message, role)
    said: dict[str, Any] = {"role": role}
    if content or not calls:
        said["content"] = content
    for key in _KEYS[role]:
        if message.get(key) is not None:
            said[key] = message[key]
    if calls:
        said["tool_calls"] = [_call(call) for call in calls]
    return said


def _call(call: Any) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise ValueError("a tool call without a function")  # noqa: TRY004  (the caller's contract)
    given = function.get("arguments")
    text = given if isinstance(given, str) else as_json({} if given is None else given)
    made = {"name": function["name"], "arguments": text or "{}"}
    return {"id": call["id"], "type": "function", "function": made}


def _content(message: Row, role: str) -> Any:
    """A text as it is, else parts; those that the layout has no word for are left out."""
    content, thought = message.get("content"), message.get("reasoning_content")
    if content is None and role == "assistant" and not message.get("tool_calls"):
        content = message.get("refusal")
    found: Any = content if isinstance(content, str) else ""
    if isinstance(content, list):
        found = [made for part in content if (made := _kept(part, role)) is not None] or ""
    if isinstance(thought, str) and thought and role == "assistant":
        parts = [{"type": "text", "text": found}] if isinstance(found, str) and found else found
        return [{"type": "thinking", "thinking": thought}, *(parts or ())]
    return found


def _kept(part: Any, role: str) -> dict[str, Any] | None:
    if not isinstance(part, Mapping):
        return None
    if isinstance(part.get("text"), str):
        return {"type": "text", "text": part["text"]}
    file = file_of(part)
    if file is None:
        sound = part.get("input_audio")
        raw = sound.get("data") if isinstance(sound, Mapping) else None
        shown = isinstance(raw, str) and role in ("user", "tool")
        return {"type": "input_audio", "input_audio": raw} if shown else None
    return _shown(file, part) if role in ("user", "tool") else None


def _shown(file: File, part: Mapping[str, Any]) -> dict[str, Any] | None:
    if file.kind == "image":
        inner = part["image_url"]
        kept = {k: inner[k] for k in ("url", "detail") if k in inner} if _is_object(inner) else {}
        return {"type": "image_url", "image_url": kept or {"url": inner}}
    if file.kind == "audio" and file.data:
        return {"type": "input_audio", "input_audio": f"data:{file.type};base64,{file.data}"}
    if file.kind == "audio":
        return {"type": "audio_url", "audio_url": {"url": file.address}}
    return None


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _declared(function: Mapping[str, Any]) -> dict[str, Any]:
    """All three keys: without one the trainer refuses the row."""
    description, parameters = function.get("description"), function.get("parameters")
    made = {
        "name": function["name"],
        "description": description if isinstance(description, str) else "",
        "parameters": parameters if isinstance(parameters, Mapping) else dict(NO_PARAMETERS),
    }
    if isinstance(function.get("strict"), bool):
        made["strict"] = function["strict"]
    return tool_of(made)


mistral = Layout(
    name="mistral",
    method="sft",
    keys=frozenset(
        {"messages", "interactions", "tools", "available_tools", "system_prompt", "metadata"}
    ),
    matches=matches,
    view=_view,
    build=build,
    tools=_tools,
)
