# SPDX-License-Identifier: Apache-2.0
"""Messages of LLaMA-Factory's v1: content is a list of `{"type", "value"}` blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.core.example import Message
from evalkit.data.formats._turns import calls_of, loads

__all__ = ["block_messages", "holds_blocks"]


def holds_blocks(messages: Any) -> bool:
    """Whether some message of a list has a block: a part with `value` in place of `text`."""
    return any(
        isinstance(part, dict) and "value" in part and "text" not in part
        for message in (messages if isinstance(messages, list) else ())
        if isinstance(message, dict) and isinstance(message.get("content"), list)
        for part in message["content"]
    )


def block_messages(messages: Any, pointer: str) -> Iterator[Message]:
    """Messages in the terms of chat completions; what is none is left out.

    `loss_weight` becomes `weight` (0 = not learned), reasoning `reasoning_content`.
    """
    pending: list[str] = []  # ids of calls that wait for their results
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if not isinstance(message, dict):
            continue
        blocks, who = message.get("content"), message.get("role")
        role = who if isinstance(who, str) else ""
        parts, calls, reasoning = [], [], ""
        for number, block in enumerate(blocks if isinstance(blocks, list) else ()):
            kind, content = _block(block)
            if kind == "tool_call":
                calls += calls_of(loads(content), f"{index}_{number}")
            elif kind == "reasoning":
                reasoning += content if isinstance(content, str) else ""
            else:
                parts.append(_part(kind, content))
        said: dict[str, Any] = {"role": role, "content": parts}
        if calls:
            pending += [call["id"] for call in calls]
            said |= {"content": parts or None, "tool_calls": calls}
        elif role == "tool" and pending:
            said["tool_call_id"] = pending.pop(0)
        if reasoning:
            said["reasoning_content"] = reasoning
        if message.get("loss_weight") == 0 and role == "assistant":
            said["weight"] = 0
        yield Message(role, said["content"], f"{pointer}/{index}", said)


def _block(block: Any) -> tuple[Any, Any]:
    return (block.get("type"), block.get("value")) if isinstance(block, dict) else (None, block)


def _part(kind: Any, content: Any) -> dict[str, Any]:
    if kind in ("image_url", "video_url", "audio_url"):  # no set: the kind may be a list
        return {"type": kind, kind: {"url": content}}
    return {"type": "text", "text": content}
