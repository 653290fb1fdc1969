# SPDX-License-Identifier: Apache-2.0
"""TLS010."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.errors import UsageError
from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.calls import calls, is_own
from evalkit.lint.rule import rule

__all__ = ["tool_call_id_format"]

_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UsageError(
            f"tool_call_id_pattern is no regular expression: {error}", "mend the option"
        ) from error


@rule(
    "TLS010",
    scope="example",
    severity="error",
    default=False,
    fix="safe",
    needles=(b"tool_call",),
    en="the id `{id}` of a tool call does not match {pattern}",
    zh="工具调用的 id `{id}` 不符合 {pattern}",
)
def tool_call_id_format(example: Example, *, tool_call_id_pattern: str = "") -> Iterator[Fault]:
    r"""## What it does
    Finds ids of tool calls that the target does not take. Off unless the target has a pattern for them.
    ## Why is this bad?
    The trainer refuses the row.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "D681PevKs", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}]}
    ## Fix safety
    The id is renamed in the call and in its result alike, always to the same new one.
    ## References
    mistral_common 1.13.1, validators: "Tool call id was ... but must be a-z, A-Z, 0-9, with a length of 9".
    """
    if not tool_call_id_pattern:
        return
    pattern = _compiled(tool_call_id_pattern)
    places: dict[str, list[str]] = {}
    for call in calls(example):
        if call.own and call.id is not None:
            places.setdefault(call.id, []).append(f"{call.pointer}/id")
    for message in example.messages:
        given = message.value.get("tool_call_id")
        if isinstance(given, str) and is_own(example, message):
            places.setdefault(given, []).append(f"{message.pointer}/tool_call_id")
    taken = {name for name in places if pattern.fullmatch(name)}
    for name, pointers in places.items():
        if name in taken:
            continue
        new = _renamed(name, pattern, taken)
        fix = None
        if new:
            taken.add(new)
            fix = Fix("safe", edits=dict.fromkeys(pointers, new))
        args = {"id": name, "pattern": tool_call_id_pattern}
        yield Fault(pointer=pointers[0], args=args, fix=fix)


def _renamed(name: str, pattern: re.Pattern[str], taken: set[str]) -> str:
    """An id that matches and is not taken, always the same for the same name; "" if none is found."""
    for salt in range(8):
        number = int.from_bytes(
            hashlib.blake2b(f"{salt}{name}".encode("utf-8", "surrogatepass")).digest()
        )
        letters = ""
        while number:
            number, index = divmod(number, len(_LETTERS))
            letters += _LETTERS[index]
        for length in range(1, 65):
            for new in (letters[:length], f"call_{letters[:length]}"):
                if new not in taken and pattern.fullmatch(new):
                    return new
    return ""
