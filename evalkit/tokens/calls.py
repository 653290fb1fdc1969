# SPDX-License-Identifier: Apache-2.0
"""What OpenAI's chat form writes around calls of functions and their results.

OpenAI does not publish it; the usage figures of recorded requests tell it:

- gpt-4o, gpt-4o-mini and gpt-4.1-mini (recordings in pydantic-ai's tests and two public logs, 2024
  to 2026): a call is written with its receiver, " to=functions.{name}", 5 tokens beside name and
  arguments; its result bears the function's name again (17 recorded pairs: 15 exact, two 1 off).
  Several calls in one message become one call of `multi_tool_use.parallel` with the others as JSON:
  three recordings, met within 2 tokens.
- gpt-3.5-turbo with `function_call` and role `function` (openai-chat-tokens' tests, 2023): 3 beside
  name and arguments; in a result the function's name stands for the role. Exact on all five.

That training is billed for them as requests are is likely and not proven.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evalkit.tokens.said import calls_of

__all__ = ["Calls", "Result"]

_CALL = 5
_SEVERAL = 11  # multi_tool_use.parallel and the list
_EACH = 9  # {"recipient_name":"functions.","parameters":}, in it
_EACH_RESULT = 2
_OLD_CALL = 3
_OLD_RESULT = -2
_LONGEST = 64  # letters of a function's name; the API refuses longer ones


class Result(NamedTuple):
    """What a result takes beside its text and, but for a role that its name stands for, role.

    Attributes:
        tokens: Of the frame, more than any message has.
        name: Of the function, written with it; None = none is.
    """

    tokens: int
    name: str | None


class Calls:
    """The calls of an example, in the order of its messages."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[str, str | None] = {}  # by id; None = one of several

    def around(self, message: Mapping[str, Any]) -> int:
        """Tokens around the calls of a message, which are remembered for their results."""
        number = calls_of(message)
        if not number:
            return 0
        calls = message.get("tool_calls")
        listed = calls if isinstance(calls, list) else []
        for call in listed:
            if isinstance(call, Mapping) and isinstance(number_of := call.get("id"), str):
                function = call.get("function")
                name = function.get("name") if isinstance(function, Mapping) else None
                self._names[number_of] = _short(name) if number == 1 else None
        if number > 1:
            return _SEVERAL + _EACH * number
        return _CALL if listed else _OLD_CALL

    def result(self, message: Mapping[str, Any]) -> Result | None:
        """What a result is written with; None for other messages, and a result without a call."""
        role, name = message.get("role"), _short(message.get("name"))
        if role == "function":
            return None if name is None else Result(_OLD_RESULT + 1, name)
        if role != "tool":
            return None
        asked = message.get("tool_call_id")
        if not isinstance(asked, str) or asked not in self._names:
            return None if name is None else Result(0, name)
        called = self._names[asked]
        return Result(_EACH_RESULT, None) if called is None else Result(0, called)


def _short(name: Any) -> str | None:
    return name if isinstance(name, str) and 0 < len(name) <= _LONGEST else None
