# SPDX-License-Identifier: Apache-2.0
"""Messages of LLaMA-Factory's v1: content is a list of `{"type", "value"}` blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import INSTRUCTIONS, Row, parts_of
from evalkit.data.formats._functions import as_json
from evalkit.data.formats._layout import content_of
from evalkit.data.formats._media import address
from evalkit.data.formats._turns import calls_of, loads, plain_call

__all__ = ["block_messages", "blocks_of", "heard", "holds_blocks"]

_KINDS = ("image_url", "video_url", "audio_url")


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

    `loss_weight` becomes `weight` where it is not the usual one (templates of 0.9.5: 1 for the
    assistant, else 0), reasoning `reasoning_content`.
    """
    pending: list[str] = []  # ids of calls that wait for their results
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, dict):
            said = _said(message, index, pending)
            yield Message(said["role"], said["content"], f"{pointer}/{index}", said)


def _said(message: Row, index: int, pending: list[str]) -> dict[str, Any]:
    who = message.get("role")
    role = who if isinstance(who, str) else ""
    parts, calls, reasoning = [], [], ""
    for block in _listed(message.get("content")):
        kind, content = _block(block)
        if kind == "tool_call":
            calls += calls_of(loads(content), "")
        elif kind == "reasoning":
            reasoning += content if isinstance(content, str) else ""
        else:
            parts.append(_part(kind, content))
    said: dict[str, Any] = {"role": role, "content": parts}
    if calls:
        calls = [{**call, "id": f"call_{index}_{n}"} for n, call in enumerate(calls)]
        pending += [call["id"] for call in calls]
        said |= {"content": parts or None, "tool_calls": calls}
    elif role == "tool" and pending:
        said["tool_call_id"] = pending.pop(0)
    if reasoning:
        said["reasoning_content"] = reasoning
    weight = _weight(message.get("loss_weight"))
    if weight not in (None, role == "assistant"):
        said["weight"] = weight
    return said


def _listed(blocks: Any) -> list[Any]:
    if isinstance(blocks, str):
        return [{"type": "text", "value": blocks}]
    return blocks if isinstance(blocks, list) else []


def _block(block: Any) -> tuple[Any, Any]:
    return (block.get("type"), block.get("value")) if isinstance(block, dict) else (None, block)


def _part(kind: Any, content: Any) -> dict[str, Any]:
    if kind in _KINDS:  # no set: the kind may be a list
        return {"type": kind, kind: {"url": content}}
    return {"type": "text", "text": content}


def _weight(given: Any) -> float | None:
    if isinstance(given, bool) or not isinstance(given, int | float):
        return None
    return int(given) if given in (0, 1) else given


def heard(messages: Any) -> tuple[Row, ...]:
    """The same messages, a text that stands alone as a text."""
    return tuple(_simple(message.value) for message in block_messages(messages, ""))


def _simple(message: Row) -> Row:
    parts = message["content"]
    return message if parts is None else {**message, "content": content_of(parts, "")}


def blocks_of(messages: Sequence[Row]) -> list[dict[str, Any]]:
    """Messages of blocks, each with its weight, which training demands (v1/utils/types.py, 0.9.5).

    Raises:
        ValueError: A role that the layout has no word for, or a call that names no function.
    """
    return [_told(message) for message in messages]


def _told(message: Row) -> dict[str, Any]:
    given = message.get("role")
    role = "system" if given in INSTRUCTIONS else given
    if role not in ("system", "user", "assistant", "tool"):
        raise ValueError("a role that LLaMA-Factory has no word for")
    if message.get("function_call"):
        raise ValueError("a call in the old form, function_call")
    blocks: list[dict[str, str]] = []
    thought, calls = message.get("reasoning_content"), message.get("tool_calls")
    if isinstance(thought, str) and thought:
        blocks.append({"type": "reasoning", "value": thought})
    for part in parts_of(message.get("content")):
        if (found := address(part)) is not None:
            blocks.append({"type": found[0], "value": found[1]})
        elif isinstance(part, Mapping) and isinstance(part.get("text"), str):
            blocks.append({"type": "text", "value": part["text"]})
    made = [as_json(plain_call(call)) for call in (calls if isinstance(calls, list) else ())]
    blocks += [{"type": "tool_call", "value": one} for one in made]
    weight = _weight(message.get("weight"))
    usual = role == "assistant"
    return {
        "role": role,
        "content": blocks,
        "loss_weight": float(usual if weight is None else weight),
    }
