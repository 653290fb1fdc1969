# SPDX-License-Identifier: Apache-2.0
"""Rows of Google's Gemini: `{"systemInstruction", "contents": [{"role", "parts"}], "tools"}`.

Vertex AI, "Prepare supervised fine-tuning data" and "Tune function calling", read 2026-11; names
of fields from google-genai 3.4.0, types.py. Like every JSON form of a protocol buffer it may say
`systemInstruction` or `system_instruction`; both are read, the first is written. Calls have no ids:
a result belongs to the first call of its name that waits. Signatures of thoughts, which only their
maker can read, are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalkit.core.example import Message
from evalkit.data.conversation import INSTRUCTIONS, Conversation, parts_of
from evalkit.data.formats._files import File, file_of, held, media_type, part_of
from evalkit.data.formats._functions import (
    as_json,
    as_object,
    call_of,
    calls_in,
    function_in,
    in_order,
    tool_of,
    with_ids,
)
from evalkit.data.formats._layout import Layout, Row, content_of, learnable

__all__ = ["build", "gemini", "matches"]

_ROLES = {"user": "user", "assistant": "model"}
_SPEAKERS = {"user": "user", "model": "assistant", "function": "tool", "tool": "tool", None: "user"}
_BESIDE = ("videoMetadata", "mediaResolution")  # facts of a part that are carried as they are
_WHOLE = ("executableCode", "codeExecutionResult")  # parts that are carried as they are
# Tools of Google's own, carried as they are: `{"type": "googleSearch", "googleSearch": {}}`.
_OWN = ("googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "retrieval")
# What `parameters` can say (types.Schema); other schemas go under `parametersJsonSchema`.
_WORDS = frozenset(
    {
        "type", "format", "title", "description", "nullable", "enum", "items", "properties",
        "required", "propertyOrdering", "anyOf", "default", "example", "pattern", "minimum",
        "maximum", "minItems", "maxItems", "minLength", "maxLength", "minProperties",
        "maxProperties",
    }
)  # fmt: skip
_TYPES = frozenset({"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"})


def matches(value: Row) -> bool:
    """It has `contents`, a list, or a system instruction."""
    return isinstance(value.get("contents"), list) or not _SYSTEM.isdisjoint(value)


_SYSTEM = frozenset({"systemInstruction", "system_instruction"})


def _get(value: Mapping[str, Any], key: str) -> Any:
    """What stands under a key, spelled in either way."""
    found = value.get(key)
    if found is None:
        snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in key)
        found = value.get(snake)
    return found


# Reading


def _view(value: Row) -> Iterator[Message]:
    key = "systemInstruction" if "systemInstruction" in value else "system_instruction"
    told = value.get(key)
    if isinstance(told, str):
        yield Message("system", told, f"/{key}", {"role": "system", "content": told})
    elif isinstance(told, Mapping):
        yield from _messages(told, f"/{key}", "system", _Waiting())
    contents = value.get("contents")
    waiting = _Waiting()
    for index, content in enumerate(contents if isinstance(contents, list) else ()):
        if isinstance(content, Mapping):
            role = content.get("role")
            known = role if role is None or isinstance(role, str) else ""
            speaker = _SPEAKERS.get(known, str(known))
            waiting.content = index
            yield from _messages(content, f"/contents/{index}", speaker, waiting)


class _Waiting:
    """Calls that have no result yet."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, int]] = []  # id, name, and in which content they stand
        self.made = 0
        self.content = 0

    def called(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """The call, which waits from now on."""
        self.made += 1
        given, name = call.get("id"), call.get("name")
        known = given if isinstance(given, str) and given else f"call_{self.made}"
        self.calls.append((known, name, self.content))
        return call_of(name, _get(call, "args"), known)

    def answered(self, result: Mapping[str, Any]) -> tuple[str | None, bool]:
        """The id of the call that a result belongs to, and whether it is one of the same name."""
        given, name = result.get("id"), result.get("name")
        fits = [c for c in self.calls if c[0] == given] or [c for c in self.calls if c[1] == name]
        # A call that was never answered must not take the results of later ones.
        fits = [c for c in fits if c[2] == fits[-1][2]]
        if fits:
            self.calls.remove(fits[0])
            return fits[0][0], fits[0][1] == name
        return (given, False) if isinstance(given, str) else (None, False)


def _messages(
    content: Mapping[str, Any], pointer: str, role: str, waiting: _Waiting
) -> Iterator[Message]:
    """The messages of one content: each result by itself, all else together."""
    listed = content.get("parts")
    parts: list[dict[str, Any]] = []
    calls, thoughts = [], []
    results = False
    for index, part in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(part, Mapping):
            continue
        call, result = _get(part, "functionCall"), _get(part, "functionResponse")
        if isinstance(call, Mapping):
            calls.append(waiting.called(call))
        elif isinstance(result, Mapping):
            results = True
            yield _result(result, f"{pointer}/parts/{index}", waiting)
        elif part.get("thought") is True and isinstance(part.get("text"), str):
            thoughts.append(part["text"])
        elif (found := _part(part)) is not None:
            parts.append(found)
    if results and not parts and not calls:
        return
    said: dict[str, Any] = {
        "role": role,
        "content": content_of(parts, empty="" if listed else None),
    }
    if calls:
        said |= {"content": content_of(parts), "tool_calls": calls}
    if thoughts:
        said["reasoning_content"] = "\n".join(thoughts)
    yield Message(role, said["content"], pointer, said)


def _result(result: Mapping[str, Any], pointer: str, waiting: _Waiting) -> Message:
    known, same = waiting.answered(result)
    said: dict[str, Any] = {"role": "tool", "content": _told(result.get("response"))}
    if known is not None:
        said["tool_call_id"] = known
    if not same and isinstance(result.get("name"), str):
        said["name"] = result["name"]
    return Message("tool", said["content"], pointer, said)


def _told(response: Any) -> Any:
    """The text of a result: what stands under `output` where nothing else does, or the JSON."""
    if isinstance(response, Mapping):
        if [*response] == ["output"] and isinstance(response["output"], str):
            return response["output"]
        return as_json(response)
    return response if response is None or isinstance(response, str) else as_json(response)


def _part(part: Mapping[str, Any]) -> dict[str, Any] | None:
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    found: File | None = None
    if isinstance(inline := _get(part, "inlineData"), Mapping):
        found = held(inline.get("data"), _get(inline, "mimeType"))
    elif isinstance(inline := _get(part, "fileData"), Mapping):
        found = _lying(_get(inline, "fileUri"), _get(inline, "mimeType"))
    if found is not None and isinstance(inline, Mapping):
        name = _get(inline, "displayName")
        shown = part_of(found._replace(name=name) if isinstance(name, str) else found)
        return shown | {key: fact for key in _BESIDE if (fact := _get(part, key)) is not None}
    for key in _WHOLE:
        if (whole := _get(part, key)) is not None:
            return {"type": key, key: whole}
    return None


def _lying(address: Any, kind: Any) -> File | None:
    if not isinstance(address, str) or not address:
        return None
    told = kind if isinstance(kind, str) else media_type(address)
    what = told.partition("/")[0]
    return File(what if what in ("image", "video", "audio") else "file", address, type=told)


def _tools(value: Row) -> Sequence[Row]:
    listed = value.get("tools")
    found: list[Row] = []
    for tool in listed if isinstance(listed, list) else ():
        if not isinstance(tool, Mapping):
            continue
        declared = _get(tool, "functionDeclarations")
        functions = declared if isinstance(declared, list) else ()
        found += [tool_of(_function(one)) for one in functions if isinstance(one, Mapping)]
        found += [{"type": key, key: own} for key in _OWN if (own := _get(tool, key)) is not None]
    return found


def _function(declared: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: declared[key] for key in ("name", "description") if key in declared}
    if (whole := _get(declared, "parametersJsonSchema")) is not None:
        return found | {"parameters": whole}
    if (parameters := declared.get("parameters")) is not None:
        return found | {"parameters": _as_json_schema(parameters)}
    return found


def _as_json_schema(schema: Any) -> Any:
    """A schema whose types are words of JSON Schema: `STRING` is `string`."""
    if not isinstance(schema, Mapping):
        return schema
    found = dict(schema)
    if isinstance(kind := schema.get("type"), str) and kind in _TYPES:
        found["type"] = kind.lower()
    if isinstance(inner := schema.get("properties"), Mapping):
        found["properties"] = {key: _as_json_schema(one) for key, one in inner.items()}
    if "items" in schema:
        found["items"] = _as_json_schema(schema["items"])
    if isinstance(several := schema.get("anyOf"), list):
        found["anyOf"] = [_as_json_schema(one) for one in several]
    return found


# Writing


def build(conversation: Conversation) -> dict[str, Any]:
    """The row: system texts go into the instruction, results of one turn into one content.

    Raises:
        ValueError: A role that the layout has no word for, a call whose arguments are no object, a
            result without its call, or nothing but a system prompt.
    """
    told: list[dict[str, Any]] = []
    contents: list[dict[str, Any]] = []
    names: dict[Any, str] = {}
    answering = False
    for message in in_order(with_ids(learnable(conversation).messages, r".+")):
        role = message.get("role")
        if role in INSTRUCTIONS:
            told += _written(message)
            continue
        if role == "tool":
            part = _response(message, names)
            if answering:
                contents[-1]["parts"].append(part)
            else:
                contents.append({"role": "user", "parts": [part]})
        elif role in _ROLES:
            calls = calls_in(message)
            names |= {call.id: call.name for call in calls}
            contents.append({"role": _ROLES[role], "parts": _said(message, calls)})
        else:
            raise ValueError("a role that Gemini has no word for")
        answering = role == "tool"
    if not contents:
        raise ValueError("there is nothing but a system prompt")
    row: dict[str, Any] = {"systemInstruction": {"parts": told}} if told else {}
    row["contents"] = contents
    functions = [_declared(f) for tool in conversation.tools if (f := function_in(tool))]
    tools: list[dict[str, Any]] = [{"functionDeclarations": functions}] if functions else []
    tools += [own for tool in conversation.tools if (own := _own(tool))]
    return {**row, "tools": tools} if tools else row


def _own(tool: Any) -> dict[str, Any]:
    kind = tool.get("type") if isinstance(tool, Mapping) else None
    return {kind: tool[kind]} if kind in _OWN and kind in tool else {}


def _said(message: Row, calls: Sequence[Any]) -> list[dict[str, Any]]:
    parts: list[dict[str, Any]] = []
    thought = message.get("reasoning_content")
    if isinstance(thought, str) and thought and message.get("role") == "assistant":
        parts.append({"text": thought, "thought": True})
    parts += _written(message)
    parts += [{"functionCall": {"name": call.name, "args": call.arguments}} for call in calls]
    spoken = any("thought" not in part for part in parts)
    return parts if spoken else [*parts, {"text": _refusal(message)}]


def _refusal(message: Row) -> str:
    refusal = message.get("refusal")
    return refusal if isinstance(refusal, str) else ""


def _written(message: Row) -> list[dict[str, Any]]:
    """The parts of a content; those that the layout has no word for are left out."""
    found = []
    for part in parts_of(message.get("content")):
        if not isinstance(part, Mapping):
            continue
        if isinstance(part.get("text"), str):
            found.append({"text": part["text"]})
        elif (file := file_of(part)) is not None and file.type and not file.id:
            found.append(_filed(file) | {k: part[k] for k in _BESIDE if k in part})
        elif (kind := part.get("type")) in _WHOLE and kind in part:
            found.append({kind: part[kind]})
    return found


def _filed(file: File) -> dict[str, Any]:
    name = {"displayName": file.name} if file.name else {}
    if file.data:
        return {"inlineData": {"mimeType": file.type, "data": file.data, **name}}
    return {"fileData": {"mimeType": file.type, "fileUri": file.address, **name}}


def _response(message: Row, names: Mapping[Any, str]) -> dict[str, Any]:
    name = names.get(message.get("tool_call_id"), message.get("name"))
    if not isinstance(name, str):
        raise ValueError("a tool's answer to a call that is not there")  # noqa: TRY004
    text = Message("", message.get("content"), "", message).text
    found = as_object(text)
    if found is None or [*found] == ["output"]:
        found = {"output": text}
    return {"functionResponse": {"name": name, "response": found}}


def _declared(function: Mapping[str, Any]) -> dict[str, Any]:
    found = {"name": function["name"]}
    if isinstance(function.get("description"), str):
        found["description"] = function["description"]
    parameters = function.get("parameters")
    if isinstance(parameters, Mapping):
        key = "parameters" if _is_plain(parameters) else "parametersJsonSchema"
        found[key] = parameters
    return found


def _is_plain(schema: Any) -> bool:
    """Whether Gemini's own schemas can say it."""
    if not isinstance(schema, Mapping) or not _WORDS.issuperset(schema):
        return False
    kind, values = schema.get("type", "object"), schema.get("enum", [])
    if not isinstance(kind, str) or kind.upper() not in _TYPES:
        return False
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        return False
    inner = schema.get("properties", {})
    several = schema.get("anyOf", [])
    if not isinstance(inner, Mapping) or not isinstance(several, list):
        return False
    items = [schema["items"]] if "items" in schema else []
    return all(map(_is_plain, (*inner.values(), *several, *items)))


gemini = Layout(
    name="gemini",
    method="sft",
    keys=frozenset({"contents", *_SYSTEM, "tools", "metadata"}),
    matches=matches,
    view=_view,
    build=build,
    tools=_tools,
)
