# SPDX-License-Identifier: Apache-2.0
"""TLS012."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.calls import is_own
from evalkit.lint.rule import rule

__all__ = ["legacy_functions"]


@rule(
    "TLS012",
    scope="example",
    severity="warning",
    fix="safe",
    needles=(b'"functions"', b'"function_call"', b'"function"'),
    en="{what} of 2023; write `tools`, `tool_calls` and the role `tool`",
    zh="{what} 是 2023 年的旧写法；请改用 `tools`、`tool_calls` 和 role `tool`",
)
def legacy_functions(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds the first form of tools: `functions`, `function_call` and messages of the role `function`.
    ## Why is this bad?
    It is deprecated since 2023-11; newer models and most other providers know only `tools`.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "content": null, "function_call": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}], "functions": [{"name": "times"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}], "tools": [{"type": "function", "function": {"name": "times"}}]}
    ## Fix safety
    Each key has its successor; the ids that join a call and its result are numbered (`call_1`). Where old and
    new stand side by side, or a result has no call before it, it is left to you.
    ## References
    openai-openapi, 2025-06: `functions` and `function_call` are marked deprecated.
    """
    row = example.value
    found: list[tuple[str, str]] = []
    for message in example.messages:
        called = isinstance(message.value.get("function_call"), dict)
        if not (called or message.role == "function") or not is_own(example, message):
            continue
        if called:
            found.append((f"{message.pointer}/function_call", "`function_call`"))
        else:
            found.append((f"{message.pointer}/role", "role `function`"))
    if not found and isinstance(row.get("functions"), list) and "messages" in row:
        found.append(("/functions", "`functions`"))
    if found:
        pointer, what = found[0]
        new = _modern(row)
        fix = Fix("safe", value=new) if new is not None else None
        yield Fault(pointer=pointer, args={"what": what}, fix=fix)


def _modern(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row with the successors of all old keys; None where that takes a decision."""
    messages, functions = row.get("messages"), row.get("functions")
    if not isinstance(messages, list) or (functions is not None and "tools" in row):
        return None
    new: list[Any] = []
    waiting: tuple[str, Any] | None = None  # id and name of a call without its result
    number = 0
    for message in messages:
        if not isinstance(message, dict):
            return None
        call = message.get("function_call")
        if message.get("tool_calls") or message.get("tool_call_id"):
            return None
        kept = {key: inner for key, inner in message.items() if key != "tool_calls"}  # null
        if isinstance(call, dict):
            number += 1
            waiting = (f"call_{number}", call.get("name"))
            made = {"id": waiting[0], "type": "function", "function": dict(call)}
            new.append(_replaced(kept, {"function_call": ("tool_calls", [made])}))
        elif message.get("role") == "function":
            if waiting is None or message.get("name", waiting[1]) != waiting[1]:
                return None
            change = {"role": ("role", "tool"), "name": ("tool_call_id", waiting[0])}
            new.append({"tool_call_id": waiting[0], **_replaced(kept, change)})
            waiting = None
        else:
            new.append(message)
    tools = functions if isinstance(functions, list) else []
    made_tools = [{"type": "function", "function": one} for one in tools]
    return _replaced(row, {"messages": ("messages", new), "functions": ("tools", made_tools)})


def _replaced(value: Mapping[str, Any], change: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """The mapping with some keys and values changed in their place."""
    return dict(change.get(key, (key, inner)) for key, inner in value.items())
