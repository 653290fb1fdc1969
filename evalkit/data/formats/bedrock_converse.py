# SPDX-License-Identifier: Apache-2.0
"""Rows of Amazon Bedrock's Converse: `{"schemaVersion", "system", "messages", "toolConfig"}`.

Amazon Nova, "Preparing data for fine-tuning understanding models" and "Supervised fine-tuning on
Amazon Nova 2.0", read 2026-11; names from botocore 1.44.5, bedrock-runtime. Results of tools are
blocks of the user. Signatures of thoughts, which only their maker can read, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import INSTRUCTIONS, Conversation, parts_of
from evalkit.data.formats._files import File, file_of, media_type, part_of
from evalkit.data.formats._functions import (
    NO_PARAMETERS,
    as_json,
    call_of,
    calls_in,
    function_in,
    of_blocks,
    tool_of,
    with_ids,
)
from evalkit.data.formats._layout import Layout, Row, content_of, learnable

__all__ = ["VERSION", "bedrock_converse", "build", "matches"]

VERSION = "bedrock-conversation-2024"
_ID = r"[a-zA-Z0-9_.:-]{1,64}"
_KINDS = ("image", "video", "audio")
# Formats with their media types; of two formats the first is written.
_TYPES = {
    "png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "mp4": "video/mp4", "mov": "video/quicktime", "mkv": "video/x-matroska",
    "webm": "video/webm", "flv": "video/x-flv", "mpeg": "video/mpeg", "mpg": "video/mpeg",
    "wmv": "video/x-ms-wmv", "three_gp": "video/3gpp",
    "pdf": "application/pdf", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv",
    "html": "text/html",
}  # fmt: skip
_FORMATS = {kind: name for name, kind in reversed(_TYPES.items())} | {"image/jpg": "jpeg"}
_SOUNDS = {"mpeg": "mp3", "x-wav": "wav", "vnd.wave": "wav"}  # other names of formats
_WHOLE = ("document", "guardContent", "cachePoint", "citationsContent", "searchResult")


def matches(value: Row) -> bool:
    """It names its schema, configures tools, or has blocks that no other layout has."""
    if "schemaVersion" in value or "toolConfig" in value:
        return "messages" in value
    system = value.get("system")
    if isinstance(system, list) and "messages" in value:
        return any(isinstance(one, Mapping) and "type" not in one for one in system)
    return any(map(_is_own, _blocks(value)))


def _blocks(value: Row) -> Iterator[Mapping[str, Any]]:
    messages = value.get("messages")
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, Mapping) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, Mapping) and "type" not in block:
                yield block


def _is_own(block: Mapping[str, Any]) -> bool:
    named = any(key in block for key in ("toolUse", "toolResult", "reasoningContent"))
    return named or any(isinstance(block.get(kind), Mapping) for kind in _KINDS)


# Reading


def _view(value: Row) -> Iterator[Message]:
    system = value.get("system")
    if isinstance(system, list) and system:
        parts = [found for block in system if (found := _part(block)) is not None]
        content = content_of(parts, empty="")
        alone = "/system/0" if len(system) == 1 else "/system"
        yield Message("system", content, alone, {"role": "system", "content": content})
    elif isinstance(system, str):
        yield Message("system", system, "/system", {"role": "system", "content": system})
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
        if not isinstance(block, Mapping):
            continue
        if isinstance(result := block.get("toolResult"), Mapping):
            if parts:
                yield of_blocks(role, parts, pointer)
                parts = []
            results = True
            yield _result(result, f"{pointer}/content/{index}")
        elif isinstance(call := block.get("toolUse"), Mapping):
            calls.append(call_of(call.get("name"), call.get("input"), call.get("toolUseId")))
        elif isinstance(thought := block.get("reasoningContent"), Mapping):
            thoughts += _thought(thought)
        elif (found := _part(block)) is not None:
            parts.append(found)
    if calls or thoughts or parts or not results:
        yield of_blocks(role, parts, pointer, calls, thoughts)


def _thought(block: Mapping[str, Any]) -> list[str]:
    inner = block.get("reasoningText")
    text = inner.get("text") if isinstance(inner, Mapping) else None
    return [text] if isinstance(text, str) else []


def _result(result: Mapping[str, Any], pointer: str) -> Message:
    blocks = result.get("content")
    parts = []
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, Mapping) and "json" in block:
            parts.append({"type": "text", "text": as_json(block["json"])})
        elif (found := _part(block)) is not None:
            parts.append(found)
    content = content_of(parts, empty="")
    said: dict[str, Any] = {"role": "tool", "content": content}
    if isinstance(known := result.get("toolUseId"), str):
        said["tool_call_id"] = known
    if result.get("status") == "error":
        said["is_error"] = True
    return Message("tool", content, pointer, said)


def _part(block: Any) -> dict[str, Any] | None:
    if not isinstance(block, Mapping):
        return None
    if "text" in block:
        return {"type": "text", "text": block["text"]}
    for kind in _KINDS:
        if isinstance(inner := block.get(kind), Mapping):
            return _shown(kind, inner)
    for key in _WHOLE:
        if key in block:
            document = _shown("file", block[key]) if key == "document" else None
            return document or {"type": key, key: block[key]}
    return None


def _shown(kind: str, inner: Any) -> dict[str, Any] | None:
    """The part for bytes or a place in S3; None where neither is given."""
    source = inner.get("source") if isinstance(inner, Mapping) else None
    form = inner.get("format") if isinstance(inner, Mapping) else None
    if not isinstance(source, Mapping) or not isinstance(form, str):
        return None
    told = f"audio/{form}" if kind == "audio" else _TYPES.get(form, "")
    found = File(kind, type=told or f"{kind}/{form}")
    data, place = source.get("bytes"), source.get("s3Location")
    if kind == "file":
        name = inner.get("name")
        if not isinstance(data, str) or not data or not isinstance(name, str) or not name:
            return None
        return part_of(found._replace(data=data, name=name)) if told else None
    if isinstance(data, str) and data:
        return part_of(found._replace(data=data))
    address = place.get("uri") if isinstance(place, Mapping) else None
    if not isinstance(address, str) or not address:
        return None
    ending = found._replace(address=address, type=media_type(address))
    part = part_of(ending if _format(ending) == form else found._replace(address=address))
    if isinstance(place, Mapping) and "bucketOwner" in place:
        part[f"{kind}_url"]["bucketOwner"] = place["bucketOwner"]
    return part


def _tools(value: Row) -> Sequence[Row]:
    config = value.get("toolConfig")
    listed = config.get("tools") if isinstance(config, Mapping) else None
    found: list[Row] = []
    for tool in listed if isinstance(listed, list) else ():
        spec = tool.get("toolSpec") if isinstance(tool, Mapping) else None
        if isinstance(spec, Mapping):
            function = {k: spec[k] for k in ("name", "description", "strict") if k in spec}
            wrapped = spec.get("inputSchema")
            if isinstance(wrapped, Mapping) and "json" in wrapped:
                function["parameters"] = wrapped["json"]
            found.append(tool_of(function))
    return found


def _fields(value: Row) -> dict[str, Any]:
    """Which tool must be called: no part of the conversation."""
    config = value.get("toolConfig")
    choice = config.get("toolChoice") if isinstance(config, Mapping) else None
    return {} if choice is None else {"toolChoice": choice}


# Writing


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: results of tools are blocks of the user, with the question that follows them.

    Raises:
        ValueError: A role that the layout has no word for, a call whose arguments are no object, a
            result without its call, or nothing but a system prompt.
    """
    system: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = []
    before: Any = None
    for message in with_ids(learnable(conversation).messages, _ID, "tooluse_"):
        role = message.get("role")
        if role in INSTRUCTIONS:
            system += [block for block in _written(message) if block.get("text") != ""]
            continue
        if role == "tool":
            blocks = [_answer(message)]
        elif role == "user":
            blocks = _written(message) or [{"text": ""}]
        elif role == "assistant":
            blocks = _told(message)
        else:
            raise ValueError("a role that Converse has no word for")
        if before == "tool" and role in ("tool", "user"):
            messages[-1]["content"] += blocks
        else:
            messages.append({"role": "assistant" if role == "assistant" else "user"})
            messages[-1]["content"] = blocks
        before = role
    if not messages:
        raise ValueError("there is nothing but a system prompt")
    row: dict[str, Any] = {"schemaVersion": VERSION}
    row |= {"system": system} if system else {}
    row["messages"] = messages
    specs = [_spec(f) for tool in conversation.tools if (f := function_in(tool))]
    return {**row, "toolConfig": {"tools": specs}} if specs else row


def _told(message: Row) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    thought, refusal = message.get("reasoning_content"), message.get("refusal")
    if isinstance(thought, str) and thought:
        blocks.append({"reasoningContent": {"reasoningText": {"text": thought}}})
    written = _written(message)
    written += [
        {"toolUse": {"toolUseId": call.id, "name": call.name, "input": call.arguments}}
        for call in calls_in(message)
    ]
    return blocks + (written or [{"text": refusal if isinstance(refusal, str) else ""}])


def _written(message: Row) -> list[dict[str, Any]]:
    """The blocks of a content; those that the layout has no word for are left out."""
    found: list[dict[str, Any]] = []
    for part in parts_of(message.get("content")):
        if not isinstance(part, Mapping):
            continue
        if isinstance(part.get("text"), str):
            found.append({"text": part["text"]})
        elif (file := file_of(part)) is not None:
            found += _filed(file, part)
        elif (kind := part.get("type")) in _WHOLE and kind in part:
            found.append({kind: part[kind]})
    return found


def _filed(file: File, part: Mapping[str, Any]) -> list[dict[str, Any]]:
    form = _format(file)
    if file.data and form:
        source: dict[str, Any] = {"bytes": file.data}
        if file.kind == "file":
            return [{"document": {"format": form, "name": file.name, "source": source}}]
    elif file.address.startswith("s3://") and form and file.kind != "file":
        source = {"s3Location": {"uri": file.address}}
        inner = part.get(f"{file.kind}_url")
        if isinstance(inner, Mapping) and isinstance(inner.get("bucketOwner"), str):
            source["s3Location"]["bucketOwner"] = inner["bucketOwner"]
    else:
        return []
    return [{file.kind: {"format": form, "source": source}}]


def _format(file: File) -> str:
    if file.kind == "audio":
        name = file.type.removeprefix("audio/")
        return _SOUNDS.get(name, name)
    if file.kind == "file" and not file.name:
        return ""  # a document must be named
    return _FORMATS.get(file.type, "")


def _answer(message: Row) -> dict[str, Any]:
    blocks = _written(message) or [{"text": ""}]
    result = {"toolUseId": message["tool_call_id"], "content": blocks}
    return {"toolResult": result | ({"status": "error"} if message.get("is_error") else {})}


def _spec(function: Mapping[str, Any]) -> dict[str, Any]:
    spec = {"name": function["name"]}
    if isinstance(function.get("description"), str) and function["description"]:
        spec["description"] = function["description"]
    parameters = function.get("parameters")
    schema = parameters if isinstance(parameters, Mapping) else dict(NO_PARAMETERS)
    spec["inputSchema"] = {"json": schema}
    if isinstance(function.get("strict"), bool):
        spec["strict"] = function["strict"]
    return {"toolSpec": spec}


bedrock_converse = Layout(
    name="bedrock-converse",
    method="sft",
    keys=frozenset({"schemaVersion", "system", "messages", "toolConfig", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    tools=_tools,
    fields=_fields,
)
