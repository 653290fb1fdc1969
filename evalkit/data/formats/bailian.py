# SPDX-License-Identifier: Apache-2.0
"""Rows of Alibaba Cloud Model Studio (百炼): chat rows, and parts `{"text"}` and `{"image"}`.

help.aliyun.com/zh/model-studio, pages on tuning, read 2026-11. Roles are system, user and
assistant. What was thought stands in the text as <think>. `name` and `weight` are not taken;
`loss_weight` (0.0 to 1.0) is by invitation, and is written where an answer is not to be learned.
Rows without images are those of chat completions and known as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import INSTRUCTIONS, Conversation, Row, parts_of
from evalkit.data.formats._files import file_of, part_of
from evalkit.data.formats._layout import Layout, content_of, learnable, spoken

__all__ = ["bailian", "build", "matches"]

_KINDS = ("image", "video", "audio")


def matches(value: Row) -> bool:
    """Some content is a list, and all parts of lists say `text` or `image` without a type."""
    messages = value.get("messages")
    parts: list[Any] = []
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, Mapping) else None
        parts += content if isinstance(content, list) else ()
    return bool(parts) and all(map(_is_own, parts))


def _is_own(part: Any) -> bool:
    if not isinstance(part, Mapping) or len(part) != 1:
        return False
    ((key, told),) = part.items()
    return isinstance(told, str) and (key == "text" or key in _KINDS)


# Reading


def _view(value: Row) -> Iterator[Message]:
    messages = value.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict):
            said = _said(message)
            role = said.get("role")
            role = role if isinstance(role, str) else ""
            yield Message(role, said.get("content"), f"/messages/{index}", said)


def _said(message: Row) -> Row:
    """A message in the terms of chat completions; the very same where it is that already."""
    said = message
    if isinstance(content := said.get("content"), list):
        said = {**said, "content": content_of([_part(part) for part in content], empty="")}
    if "loss_weight" in said:
        weight = said["loss_weight"]
        if weight in (0, 1) and not isinstance(weight, bool):
            said = {key: told for key, told in said.items() if key != "loss_weight"}
            said["weight"] = int(weight)
    return said


def _part(part: Any) -> Any:
    if not isinstance(part, Mapping) or "type" in part:
        return part
    for kind in _KINDS:
        found = file_of({"type": f"{kind}_url", f"{kind}_url": part.get(kind)})
        if found is not None:
            return part_of(found)
    return {"type": "text", **part} if "text" in part else dict(part)


# Writing


def build(conversation: Conversation) -> dict[str, Any]:
    """The row; where there are images every content is a list of parts.

    Raises:
        ValueError: Tools are called, a role that the layout has no word for, or nothing but a
            system prompt.
    """
    messages = learnable(conversation).messages
    if any(m.get("tool_calls") or m.get("role") == "tool" for m in messages):
        raise ValueError("tool calls have no place there")
    listed = any(_file(part) for m in messages for part in parts_of(m.get("content")))
    told = [_written(message, listed=listed) for message in messages]
    if all(message["role"] == "system" for message in told):
        raise ValueError("there is nothing but a system prompt")
    return {"messages": told}


def _written(message: Row, *, listed: bool) -> dict[str, Any]:
    role = "system" if message.get("role") in INSTRUCTIONS else message.get("role")
    if role not in ("system", "user", "assistant"):
        raise ValueError("a role that Model Studio has no word for")
    text = spoken(message)
    if not text and role == "assistant" and isinstance(message.get("refusal"), str):
        text = message["refusal"]
    said: dict[str, Any] = {"role": role, "content": text}
    if listed:
        said["content"] = _parts(message, text)
    weight = message.get("weight", message.get("loss_weight"))
    number = isinstance(weight, int | float) and not isinstance(weight, bool)
    if role == "assistant" and number and weight != 1:
        said["loss_weight"] = float(weight)
    return said


def _parts(message: Row, text: str) -> list[dict[str, Any]]:
    content = message.get("content")
    if not isinstance(content, list) or message.get("reasoning_content"):
        content = [{"type": "text", "text": text}, *filter(_file, parts_of(content))]
    found = []
    for part in content:
        if isinstance(part, Mapping) and isinstance(part.get("text"), str):
            found.append({"text": part["text"]})
        elif shown := _file(part):
            found.append(shown)
    return found or [{"text": text}]


def _file(part: Any) -> dict[str, str] | None:
    file = file_of(part)
    if file is None or file.kind not in _KINDS:
        return None
    return {file.kind: f"data:{file.type};base64,{file.data}" if file.data else file.address}


bailian = Layout(
    name="bailian",
    method="sft",
    keys=frozenset({"messages", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
)
