# SPDX-License-Identifier: Apache-2.0
"""Tool calls, results and definitions, for layouts that write them in another way than chat."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import count
from typing import Any, NamedTuple

from evalkit.core.example import Message
from evalkit.data.conversation import Row
from evalkit.data.formats._layout import content_of

__all__ = [
    "NO_PARAMETERS", "Call", "as_json", "as_object", "call_of", "calls_in", "function_in",
    "in_order", "of_blocks", "tool_of", "with_ids",
]  # fmt: skip

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
NO_PARAMETERS: Mapping[str, Any] = {"type": "object", "properties": {}}  # of a function without any


class Call(NamedTuple):
    """A tool call whose arguments are an object.

    Attributes:
        id: As the message has it, "" where it has none.
        name: Of the function.
        arguments: By name.
    """

    id: str
    name: str
    arguments: dict[str, Any]


def calls_in(message: Row) -> list[Call]:
    """The tool calls of a message.

    Raises:
        ValueError: One has no function, or arguments that are no JSON object.
    """
    made = message.get("tool_calls")
    return [_call(one) for one in made] if isinstance(made, list) else []


def _call(call: Any) -> Call:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
        raise ValueError("a tool call without a function")  # noqa: TRY004  (the caller's contract)
    given = function.get("arguments")
    arguments: Any = {}
    if given is not None and given != "":  # no arguments are none
        arguments = as_object(given) if isinstance(given, str) else given
    if not isinstance(arguments, dict):
        raise ValueError("the arguments of a tool call are no JSON object")  # noqa: TRY004  (likewise)
    known = call.get("id")
    return Call(known if isinstance(known, str) else "", function["name"], arguments)


def call_of(name: Any, arguments: Any, known: Any) -> dict[str, Any]:
    """A tool call as chat completions writes it.

    Args:
        name: Of the function.
        arguments: As a value; a text is taken for the JSON that it is.
        known: The call's id; left out where it is none.
    """
    text = arguments
    if not isinstance(arguments, str):
        text = as_json({} if arguments is None else arguments)
    call = {"type": "function", "function": {"name": name, "arguments": text}}
    return {"id": known, **call} if isinstance(known, str) else call


def as_json(value: Any) -> str:
    """JSON in which Chinese is written as itself."""
    return json.dumps(value, ensure_ascii=False)


def _unlike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refused(word: str) -> Any:
    raise ValueError(word)


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError("too large a number")
    return number


# Nothing is read that would not be written again as the same value.
_DECODER = json.JSONDecoder(object_pairs_hook=_unlike, parse_constant=_refused, parse_float=_finite)


def as_object(text: str) -> dict[str, Any] | None:
    """The object that a JSON text says; None where it says something else, or says it twice."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def with_ids(messages: Iterable[Row], fits: str, prefix: str = "") -> list[Row]:
    """Messages in which every call has an id that a layout takes, and every result names its call.

    Ids that fit stay. Others are made from the old ones, always the same for the same one and no
    two alike in a row; a result without an id is that of the first call that waits for one.

    Args:
        messages: In the terms of chat completions.
        fits: Regular expression for the whole id.
        prefix: What new ids begin with; nine letters and digits follow.
    """
    messages = list(messages)
    if not any(m.get("tool_calls") or m.get("role") == "tool" for m in messages):
        return messages
    names = _Names(re.compile(fits), prefix, messages)
    told: list[Row] = []
    waiting: list[str] = []
    for place, message in enumerate(messages):
        calls = message.get("tool_calls")
        if isinstance(calls, list) and calls:
            named = [
                {**call, "id": names.of(call.get("id"), f"{place}.{number}")}
                if isinstance(call, Mapping)
                else call
                for number, call in enumerate(calls)
            ]
            waiting = [call["id"] for call in named if isinstance(call, Mapping)]
            told.append({**message, "tool_calls": named})
        elif message.get("role") == "tool":
            given = message.get("tool_call_id")
            known = waiting[0] if waiting and not given else names.of(given, f"{place}")
            if known in waiting:
                waiting.remove(known)
            told.append({**message, "tool_call_id": known})
        else:
            told.append(message)
    return told


def in_order(messages: Sequence[Row]) -> list[Row]:
    """Messages of which the results of one turn stand in the order of its calls.

    For layouts in which a result says nothing but the name of its function.
    """
    told: list[Row] = []
    results: list[Row] = []
    order: dict[Any, int] = {}
    for message in (*messages, {}):
        if message.get("role") == "tool":
            results.append(message)
            continue
        told += sorted(results, key=lambda one: order.get(one.get("tool_call_id"), len(order)))
        results = []
        if calls := message.get("tool_calls"):
            listed = calls if isinstance(calls, list) else []
            order = {c.get("id"): n for n, c in enumerate(listed) if isinstance(c, Mapping)}
        told.append(message)
    return told[:-1]


class _Names:
    """Old ids of a row and what they are called from now on."""

    def __init__(self, fits: re.Pattern[str], prefix: str, messages: Sequence[Row]) -> None:
        self.prefix = prefix
        self.new: dict[str, str] = {}
        given = [m.get("tool_call_id") for m in messages]
        for message in messages:
            calls = message.get("tool_calls")
            listed = calls if isinstance(calls, list) else []
            given += [c.get("id") for c in listed if isinstance(c, Mapping)]
        self.new = {one: one for one in given if isinstance(one, str) and fits.fullmatch(one)}
        self.taken = {*self.new}

    def of(self, old: Any, place: str) -> str:
        """The id for an old one; for a call that has none, by its place."""
        seed = old if isinstance(old, str) and old else f"\0{place}"
        if seed not in self.new:
            made = (self._made(seed, salt) for salt in count())
            self.new[seed] = next(name for name in made if name not in self.taken)
            self.taken.add(self.new[seed])
        return self.new[seed]

    def _made(self, seed: str, salt: int) -> str:
        digest = blake2b(f"{salt}{seed}".encode("utf-8", "surrogatepass")).digest()
        number, letters = int.from_bytes(digest), ""
        for _ in range(9):
            number, index = divmod(number, len(_LETTERS))
            letters += _LETTERS[index]
        return self.prefix + letters


def function_in(tool: Any) -> Mapping[str, Any] | None:
    """The function that a definition of chat completions holds; None for other tools."""
    inner = tool.get("function") if isinstance(tool, Mapping) else None
    return inner if isinstance(inner, Mapping) and isinstance(inner.get("name"), str) else None


def tool_of(function: Mapping[str, Any]) -> dict[str, Any]:
    """The definition of chat completions for a function."""
    return {"type": "function", "function": dict(function)}


def of_blocks(
    role: str,
    parts: Sequence[Row],
    pointer: str,
    calls: Sequence[Row] = (),
    thoughts: Sequence[str] = (),
) -> Message:
    """The message that blocks of one speaker make: texts and media, calls, thoughts."""
    content = content_of(parts, empty=None if calls else "")
    said: dict[str, Any] = {"role": role, "content": content}
    if calls:
        said["tool_calls"] = list(calls)
    if thoughts:
        said["reasoning_content"] = "\n".join(thoughts)
    return Message(role, content, pointer, said)
