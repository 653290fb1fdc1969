# SPDX-License-Identifier: Apache-2.0
"""Rows of Anthropic's Messages, which Bedrock tunes Claude with: `{"system", "messages", "tools"}`.

Amazon Bedrock, "Prepare data for fine-tuning Anthropic Claude 3", read 2026-11; blocks from the
client anthropic 2.11.0. Results of tools are blocks of the user. Signatures of thoughts and hints
to caches mean nothing in other places and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import INSTRUCTIONS, Conversation, parts_of
from evalkit.data.formats._files import File, file_of, held, media_type, part_of
from evalkit.data.formats._functions import (
    NO_PARAMETERS,
    call_of,
    calls_in,
    function_in,
    of_blocks,
    tool_of,
    with_ids,
)
from evalkit.data.formats._layout import Layout, Row, content_of, learnable

__all__ = ["anthropic", "build", "matches"]

_ID = r"[a-zA-Z0-9_-]{1,64}"
_OWN = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking"})
_KINDS = {"image": "image", "document": "file"}
# Blocks that are carried as they are.
_WHOLE = frozenset({"search_result", "server_tool_use", "web_search_tool_result"})
_SPEAKERS = frozenset({"user", "assistant"})


def matches(value: Row) -> bool:
    """It says `system` beside messages of user and assistant, or has blocks of its own."""
    messages = value.get("messages")
    if not isinstance(messages, list):
        return False
    told = [m for m in messages if isinstance(m, Mapping)]
    if "system" in value and not isinstance(value["system"], Mapping):
        return all(m.get("role") in _SPEAKERS for m in told if isinstance(m.get("role"), str))
    return any(map(_is_own, _blocks(told))) or _defines(value.get("tools"))


def _blocks(messages: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    for message in messages:
        if isinstance(content := message.get("content"), list):
            yield from content


def _is_own(block: Any) -> bool:
    kind = block.get("type") if isinstance(block, Mapping) else None
    if not isinstance(kind, str):
        return False
    return kind in _OWN or (kind in _KINDS and isinstance(block.get("source"), Mapping))


def _defines(tools: Any) -> bool:
    listed = tools if isinstance(tools, list) else ()
    return any(isinstance(tool, Mapping) and "input_schema" in tool for tool in listed)


# Reading


def _view(value: Row) -> Iterator[Message]:
    system = value.get("system")
    if isinstance(system, str | list) and system:
        parts = [found for block in parts_of(system) if (found := _part(block)) is not None]
        content = content_of(parts, empty="")
        alone = "/system/0" if isinstance(system, list) and len(system) == 1 else "/system"
        yield Message("system", content, alone, {"role": "system", "content": content})
    messages = value.get("messages")
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, Mapping):
            yield from _messages(message, f"/messages/{index}")


def _messages(message: Mapping[str, Any], pointer: str) -> Iterator[Message]:
    """What a message says: each result by itself, and the rest between them together."""
    who, content = message.get("role"), message.get("content")
    role = who if isinstance(who, str) else ""
    if not isinstance(content, list):
        yield Message(role, content, pointer, {"role": role, "content": content})
        return
    parts: list[dict[str, Any]] = []
    calls, thoughts = [], []
    results = False
    for index, block in enumerate(content):
        kind = block.get("type") if isinstance(block, Mapping) else None
        if kind == "tool_result":
            if parts:
                yield of_blocks(role, parts, pointer)
                parts = []
            results = True
            yield _result(block, f"{pointer}/content/{index}")
        elif kind == "tool_use":
            calls.append(call_of(block.get("name"), block.get("input"), block.get("id")))
        elif kind == "thinking":
            thoughts += [text] if isinstance(text := block.get("thinking"), str) else []
        elif (found := _part(block)) is not None:
            parts.append(found)
    if calls or thoughts or parts or not results:
        yield of_blocks(role, parts, pointer, calls, thoughts)


def _result(block: Mapping[str, Any], pointer: str) -> Message:
    told = block.get("content")
    content = told
    if isinstance(told, list):
        content = content_of([p for one in told if (p := _part(one)) is not None], empty="")
    said: dict[str, Any] = {"role": "tool", "content": "" if content is None else content}
    if isinstance(known := block.get("tool_use_id"), str):
        said["tool_call_id"] = known
    if block.get("is_error") is True:
        said["is_error"] = True
    return Message("tool", said["content"], pointer, said)


def _part(block: Any) -> dict[str, Any] | None:
    kind = block.get("type") if isinstance(block, Mapping) else None
    if not isinstance(kind, str):
        return None
    if kind == "text":
        return {"type": "text", "text": block.get("text")}
    if kind in _KINDS and (file := _shown(_KINDS[kind], block)) is not None:
        return part_of(file)
    return dict(block) if _is_whole(block) else None


def _is_whole(part: Mapping[str, Any]) -> bool:
    """Whether it is a block that no other layout has a word for."""
    kind = part.get("type")
    if not isinstance(kind, str):
        return False
    return isinstance(part.get("source"), Mapping) if kind in _KINDS else kind in _WHOLE


def _shown(kind: str, block: Mapping[str, Any]) -> File | None:
    source = block.get("source")
    if not isinstance(source, Mapping):
        return None
    name = block.get("title") if kind == "file" else None
    name = name if isinstance(name, str) else ""
    if source.get("type") == "base64":
        found = held(source.get("data"), source.get("media_type"))
        return found._replace(kind=kind, name=name) if found is not None else None
    address = source.get("url")
    if source.get("type") == "url" and isinstance(address, str) and address:
        return File(kind, address=address, type=media_type(address), name=name)
    return None


def _tools(value: Row) -> Sequence[Row]:
    tools = value.get("tools")
    found: list[Row] = []
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, Mapping):
            continue
        if "function" in tool:
            found.append(tool)
            continue
        kept = {k: tool[k] for k in ("name", "description", "strict") if k in tool}
        if "input_schema" in tool:
            kept["parameters"] = tool["input_schema"]
        kind = tool.get("type")
        own = isinstance(kind, str) and kind not in ("custom", "function")
        found.append({"type": kind, str(kind): dict(tool)} if own else tool_of(kept))
    return found


# Writing


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: results of tools are blocks of the user, with the question that follows them.

    Raises:
        ValueError: A role that the layout has no word for, a call whose arguments are no object, or
            nothing but a system prompt.
    """
    system: list[str | list[dict[str, Any]]] = []
    messages: list[dict[str, Any]] = []
    before: Any = None
    for message in with_ids(learnable(conversation).messages, _ID, "toolu_"):
        role = message.get("role")
        if role in INSTRUCTIONS:
            system.append(_content(message))
            continue
        if role == "tool":
            content: str | list[dict[str, Any]] = [_answer(message)]
        elif role == "user":
            content = _content(message)
        elif role == "assistant":
            content = _told(message)
        else:
            raise ValueError("a role that Claude has no word for")
        if before == "tool" and role in ("tool", "user"):
            messages[-1]["content"] += _listed(content) or [{"type": "text", "text": ""}]
        else:
            who = "assistant" if role == "assistant" else "user"
            messages.append({"role": who, "content": content})
        before = role
    if not messages:
        raise ValueError("there is nothing but a system prompt")
    told = [one for one in system if one]
    row: dict[str, Any] = {"system": _joined(told)} if told else {}
    row["messages"] = messages
    tools = [_defined(tool) for tool in conversation.tools]
    defined = [tool for tool in tools if tool is not None]
    return {**row, "tools": defined} if defined else row


def _joined(system: Sequence[str | list[dict[str, Any]]]) -> Any:
    """One text as it is; several, and texts in parts, as blocks."""
    return system[0] if len(system) == 1 else [block for one in system for block in _listed(one)]


def _listed(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content


def _told(message: Row) -> str | list[dict[str, Any]]:
    thought, calls = message.get("reasoning_content"), calls_in(message)
    content, refusal = _content(message), message.get("refusal")
    if not content and not calls and isinstance(refusal, str):
        content = refusal
    thoughts = []
    if isinstance(thought, str) and thought:
        thoughts = [{"type": "thinking", "thinking": thought, "signature": ""}]
    if not thoughts and not calls:
        return content
    used = [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in calls]
    return [*thoughts, *_listed(content), *used]


def _content(message: Row) -> str | list[dict[str, Any]]:
    """A text as it is, else blocks; those that the layout has no word for are left out."""
    content = message.get("content")
    if not isinstance(content, list):
        return content if isinstance(content, str) else ""
    found: list[dict[str, Any]] = []
    for part in content:
        if not isinstance(part, Mapping):
            continue
        if isinstance(part.get("text"), str):
            found.append({"type": "text", "text": part["text"]})
        elif (file := file_of(part)) is not None:
            found += _filed(file)
        elif _is_whole(part):
            found.append(dict(part))
    alone = len(found) == 1 and found[0]["type"] == "text"
    return found[0]["text"] if alone else found or ""


def _filed(file: File) -> list[dict[str, Any]]:
    source: dict[str, Any]
    if file.kind not in _KINDS.values() or not (file.data or file.address):
        return []
    if file.data:
        source = {"type": "base64", "media_type": file.type, "data": file.data}
    else:
        source = {"type": "url", "url": file.address}
    name = {"title": file.name} if file.name else {}
    return [{"type": "image" if file.kind == "image" else "document", "source": source, **name}]


def _answer(message: Row) -> dict[str, Any]:
    block = {
        "type": "tool_result",
        "tool_use_id": message["tool_call_id"],
        "content": _content(message),
    }
    return {**block, "is_error": True} if message.get("is_error") else block


def _defined(tool: Any) -> dict[str, Any] | None:
    kind = tool.get("type") if isinstance(tool, Mapping) else None
    if (function := function_in(tool)) is None:
        own = tool.get(kind) if isinstance(kind, str) else None
        return dict(own) if isinstance(own, Mapping) and own.get("type") == kind else None
    made: dict[str, Any] = {"name": function["name"]}
    if isinstance(function.get("description"), str):
        made["description"] = function["description"]
    parameters = function.get("parameters")
    schema = parameters if isinstance(parameters, Mapping) else dict(NO_PARAMETERS)
    made["input_schema"] = schema
    if isinstance(function.get("strict"), bool):
        made["strict"] = function["strict"]
    return made


anthropic = Layout(
    name="anthropic",
    method="sft",
    keys=frozenset({"system", "messages", "tools", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    tools=_tools,
)
