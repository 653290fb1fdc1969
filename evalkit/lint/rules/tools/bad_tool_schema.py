# SPDX-License-Identifier: Apache-2.0
"""TLS005."""

from __future__ import annotations

import json
from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.pointer import to_pointer
from evalkit.lint.calls import TOOL_NEEDLES, Tool, declared
from evalkit.lint.rule import rule
from evalkit.lint.toolschema import Schema, schemas

__all__ = ["bad_tool_schema"]


@rule(
    "TLS005",
    scope="example",
    severity="error",
    fix="safe",
    needles=TOOL_NEEDLES,
    en="parameters of `{tool}` are no JSON Schema of an object: {what}",
    zh="`{tool}` 的 parameters 不是描述对象的 JSON Schema：{what_zh}",
)
def bad_tool_schema(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds `parameters` that are no valid JSON Schema (`"type": "float"`, `"required": true`), that do not
    describe an object, or that require a key which their `properties` do not have.
    ## Why is this bad?
    Servers refuse such tools, or fail the job with "internal error".
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}], "tools": [{"type": "function", "function": {"name": "greet", "parameters": {"type": "dict", "properties": {"name": {"type": "string"}}}}}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}], "tools": [{"type": "function", "function": {"name": "greet", "parameters": {"type": "object", "properties": {"name": {"type": "string"}}}}}]}
    ## Fix safety
    A schema that has `properties` and says of no type gets `"type": "object"`, which is what it means.
    The rest is left to you.
    ## References
    OpenAI: "Invalid schema for function 'x': schema must be a JSON Schema of 'type: "object"', got 'type:
    "None"'", "'dict' is not valid under any of the given schemas".
    """
    for tool, schema in zip(declared(example), schemas(example), strict=True):
        if not schema.is_sound:
            yield from _faults(tool, schema)


def _faults(tool: Tool, schema: Schema) -> Iterator[Fault]:
    if schema.invalid is not None:
        path, value = schema.invalid
        said = f"`{'.'.join(map(str, path))}` = {_short(value)}"
        yield _fault(tool, path, said, said)
    elif schema.kind:
        said = f"`type` = {_short(schema.kind)}"
        yield _fault(tool, ("type",), said, said)
    elif schema.untyped:
        yield _fault(tool, (), '`"type": "object"` is missing', '缺少 `"type": "object"`')
    for path in schema.unlisted[:3]:
        key = path[-1]
        yield _fault(
            tool, path[:-1], f"`{key}` is required and not defined", f"`{key}` 必填却没有定义"
        )


def _fault(tool: Tool, path: tuple[str | int, ...], what: str, what_zh: str) -> Fault:
    folder = f"{tool.pointer}/parameters"
    fix = None
    if tool.own and not path:
        fix = Fix("safe", edits={folder: {"type": "object", **tool.parameters}})
    return Fault(
        pointer=folder + to_pointer(path) if tool.own else tool.pointer,
        args={"tool": tool.name, "what": what, "what_zh": what_zh},
        fix=fix,
    )


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 24 else f"{text[:23]}…"
