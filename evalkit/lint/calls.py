# SPDX-License-Identifier: Apache-2.0
"""Tool definitions, calls and results of an example of any layout, with their places in the row."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from evalkit.core.example import Example, Message
from evalkit.core.pointer import at
from evalkit.lint.latest import Latest

__all__ = [
    "CALL_NEEDLES",
    "RESULT_NEEDLES",
    "TOOL_NEEDLES",
    "Call",
    "Result",
    "Tool",
    "calls",
    "calls_of",
    "declared",
    "is_own",
    "literal",
    "loose",
    "parsed",
    "strays",
    "unanswered",
]

# One of these stands in every row that calls a tool, whatever its layout.
CALL_NEEDLES = (b"tool_call", b"function_call", b"functionCall", b"toolUse", b"tool_use")
# One of these stands in every row with a tool's answer.
RESULT_NEEDLES = (
    b'"tool"', b'"function"', b'"observation"', b'"tool_response"', b"tool_call_id",
    b"functionResponse", b"function_response", b"toolResult", b"tool_result",
)  # fmt: skip
# One of these stands in every row that defines tools.
TOOL_NEEDLES = (b'"tools"', b'"functions"', b'"toolConfig"')


class Tool(NamedTuple):
    """One tool that a row offers.

    Attributes:
        name: Of the function; "" where it has none.
        parameters: A JSON Schema, None where the function takes nothing.
        pointer: Of the function in the row; of all tools where they are text.
        own: Whether the row holds it as it is, so that an edit at the pointer mends it.
    """

    name: str
    parameters: Any
    pointer: str
    own: bool


class Call(NamedTuple):
    """One call of a tool.

    Attributes:
        name: Of the tool; "" where the call has none.
        arguments: Text that should be a JSON object; an object in layouts that want that; or None.
        id: As the row has it, None where it has none.
        pointer: Of the call in the row; of its message where the layout writes calls as text.
        own: Whether the row holds it as it is, so that an edit at the pointer mends it.
    """

    name: str
    arguments: Any
    id: str | None
    pointer: str
    own: bool

    @property
    def place(self) -> str:
        """Pointer of the arguments, or of what holds them."""
        if not self.own or self.arguments is None:
            return self.pointer
        inside = "" if self.pointer.endswith("/function_call") else "/function"
        return f"{self.pointer}{inside}/arguments"


class Result(NamedTuple):
    """What a tool answered, in a message of the role `tool`.

    Attributes:
        id: Of the call that it names, "" where it names none.
        pointer: Of its message.
    """

    id: str
    pointer: str


def is_own(example: Example, message: Message) -> bool:
    """Whether the row holds the message in this very form: then edits below its pointer mend it."""
    folder, _, index = message.pointer.rpartition("/")
    if folder == "/messages" and index.isdecimal():  # nearly always
        turns = example.value.get("messages")
        return isinstance(turns, list) and turns[int(index)] is message.value
    try:
        return at(example.value, message.pointer) is message.value
    except LookupError:
        return False


@Latest
def declared(example: Example) -> Sequence[Tool]:
    """The tools that the row offers, those of the old key `functions` among them."""
    view = getattr(example.format, "tools", None)
    found = list(_tools(example.value, view(example.value) if view is not None else ()))
    for folder, holder in (("", example.value), ("/input", example.value.get("input"))):
        functions = holder.get("functions") if isinstance(holder, dict) else None
        if isinstance(functions, list):
            found += [
                _tool(one, f"{folder}/functions/{index}", own=True)
                for index, one in enumerate(functions)
                if isinstance(one, dict)
            ]
    return found


def _tools(row: Mapping[str, Any], defined: Sequence[Any]) -> Iterator[Tool]:
    given = row.get("input")
    if defined is row.get("tools"):
        folder, own = "/tools", True
    elif isinstance(given, dict) and defined is given.get("tools"):
        folder, own = "/input/tools", True
    else:
        folder, own = "/tools" if "tools" in row else "", False
    for index, one in enumerate(defined):
        if not isinstance(one, dict):
            continue
        kind = one.get("type")
        inside = one.get("function", one.get(kind) if isinstance(kind, str) else None)
        if isinstance(inside, dict):
            key = "function" if "function" in one else kind
            yield _tool(inside, f"{folder}/{index}/{key}" if own else folder, own=own)


def _tool(function: Mapping[str, Any], pointer: str, *, own: bool) -> Tool:
    name = function.get("name")
    return Tool(name if isinstance(name, str) else "", function.get("parameters"), pointer, own)


@Latest
def calls(example: Example) -> Sequence[Call]:
    """Every call in the conversation, in order."""
    return [
        call
        for message in example.messages
        if message.role == "assistant"
        for call in calls_of(example, message)
    ]


def calls_of(example: Example, message: Message) -> Iterator[Call]:
    """The calls of one message: `tool_calls`, and the old `function_call`."""
    made, legacy = message.value.get("tool_calls"), message.value.get("function_call")
    if not made and not legacy:
        return
    own = is_own(example, message)
    for index, one in enumerate(made if isinstance(made, list) else ()):
        if isinstance(one, dict) and isinstance(one.get("function"), dict):
            given = one.get("id")
            pointer = f"{message.pointer}/tool_calls/{index}" if own else message.pointer
            yield _call(one["function"], given, pointer, own=own)
    if isinstance(legacy, dict):
        pointer = f"{message.pointer}/function_call" if own else message.pointer
        yield _call(legacy, None, pointer, own=own)


def _call(function: Mapping[str, Any], given: Any, pointer: str, *, own: bool) -> Call:
    name = function.get("name")
    return Call(
        name if isinstance(name, str) else "",
        function.get("arguments"),
        given if isinstance(given, str) else None,
        pointer,
        own,
    )


def strays(example: Example) -> Iterator[Result]:
    """Results that answer no call before them, or one that is answered already."""
    return (one for one in loose(example) if isinstance(one, Result))


def unanswered(example: Example) -> Iterator[Call]:
    """Calls whose results do not follow; a conversation may end with the calls it teaches."""
    return (one for one in loose(example) if isinstance(one, Call))


@Latest
def loose(example: Example) -> Sequence[Call | Result]:
    """Calls without their results, and results without their calls."""
    return list(_loose(example))


def _loose(example: Example) -> Iterator[Call | Result]:
    waiting: list[Call] = []
    late: set[str] = set()  # said already: their results come too late, not out of nowhere
    before = ""
    for message in example.messages:
        if message.role == "tool":
            given = message.value.get("tool_call_id")
            result = Result(given if isinstance(given, str) else "", message.pointer)
            fits = next((c for c in waiting if not result.id or c.id in (result.id, None)), None)
            if fits is not None:
                waiting.remove(fits)
            # Results without an id behind plain text: calls that are written into the text.
            elif result.id not in late and (result.id or before not in ("assistant", "tool")):
                yield result
        elif waiting:
            yield from waiting
            late.update(call.id or "" for call in waiting)
            waiting = []
        if message.role == "assistant":
            made = calls_of(example, message)
            waiting = [c for c in made if not c.pointer.endswith("/function_call")]
        before = message.role
    if before == "tool":
        yield from waiting


class _NotJSONError(ValueError):
    pass


def _refused(word: str) -> Any:
    raise _NotJSONError(word)


_DECODER = json.JSONDecoder(parse_constant=_refused)  # json.loads would make one for each text


def parsed(text: str) -> tuple[Any, bool]:
    """The value of a JSON text and whether it is JSON (RFC 8259: no NaN).

    What is JSON but too deep, or holds too long a number, to be read gives (None, True).
    """
    try:
        return _DECODER.decode(text), True
    except (json.JSONDecodeError, _NotJSONError):
        return None, False
    except (ValueError, RecursionError):
        return None, True


def literal(text: str) -> Any:
    """The object that a Python repr means, where that is a JSON object; else None.

    Nothing is run: `ast.literal_eval`, on short texts, refusing what it warns of.
    """
    import ast
    import warnings

    if not text.lstrip().startswith("{") or len(text) > 100_000:
        return None
    value = None
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # `\d` or `1if`: no repr that Python wrote
        with suppress(ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            value = ast.literal_eval(text.strip())
    return value if isinstance(value, dict) and _is_json(value) else None


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_json(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(map(_is_json, value))
    if isinstance(value, float):
        return value - value == 0  # neither infinite nor NaN
    return value is None or isinstance(value, str | int)
