# SPDX-License-Identifier: Apache-2.0
"""TLS003."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.calls import CALL_NEEDLES, Call, calls, declared, parsed
from evalkit.lint.rule import rule
from evalkit.lint.toolschema import Misfit, Schema, schemas

__all__ = ["arguments_violate_schema"]

_MOST = 8  # of one call that are told


@rule(
    "TLS003",
    scope="example",
    severity="error",
    needles=CALL_NEEDLES,
    en="a call of `{tool}` does not fit its definition: `{key}` {what}; mend one of the two",
    zh="`{tool}` 的调用不符合它的定义：`{key}` {what_zh}；请改正其中之一",
)
def arguments_violate_schema(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds tool calls whose arguments do not fit the parameters that the row defines: a required key is
    missing (also deep inside), a key is unknown where no other is allowed, a value has a wrong type or is
    not among the allowed ones.
    ## Why is this bad?
    The model learns to call your function in a way that your function refuses.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6}"}}]}], "tools": [{"type": "function", "function": {"name": "times", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}, "required": ["x", "y"]}}}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}], "tools": [{"type": "function", "function": {"name": "times", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}, "required": ["x", "y"]}}}]}
    ## References
    JSON Schema, draft 2020-12; definitions that only draft 7 or 4 allows are read as such. `format` is not
    checked, nothing is fetched, and patterns with look-around are left out.
    """
    made = calls(example)
    tools = list(zip(declared(example), schemas(example), strict=True)) if made else ()
    for call in made:
        known = [schema for tool, schema in tools if tool.name == call.name]
        found = [list(islice(_misfits(call, schema), _MOST)) for schema in known]
        if not found or not all(found):
            continue  # it fits one of those that share the name
        for alike in _together(found[0]):
            what, what_zh = _said(alike[0], several=len(alike) > 1)
            key = ", ".join([_path(alike[0]), *(str(other.path[-1]) for other in alike[1:])])
            yield Fault(
                pointer=call.place,
                args={"tool": call.name, "key": key, "what": what, "what_zh": what_zh},
            )


def _misfits(call: Call, schema: Schema) -> Iterator[Misfit]:
    value, size = call.arguments, len(str(call.arguments))
    if isinstance(value, str):
        value, is_json = parsed(value)
        if not is_json:
            return  # arguments-not-json says so
    value = {} if value is None else value
    if not isinstance(value, dict):
        return
    seen: set[tuple[Any, ...]] = set()
    for misfit in schema.misfits(value, size):
        if misfit.path not in seen:  # of a wrong type, and therefore none of the allowed ones
            seen.add(misfit.path)
            yield misfit


def _together(misfits: list[Misfit]) -> Iterable[list[Misfit]]:
    """Keys that one object lacks, or has too many, are one fault."""
    groups: dict[tuple[Any, ...], list[Misfit]] = {}
    for misfit in misfits:
        of_keys = misfit.keyword in ("required", "additionalProperties", "unevaluatedProperties")
        place = (misfit.keyword, misfit.path[:-1]) if of_keys else (misfit.path,)
        groups.setdefault(place, []).append(misfit)
    return groups.values()


def _path(misfit: Misfit) -> str:
    text = ""
    for step in misfit.path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "{}"


def _said(misfit: Misfit, *, several: bool) -> tuple[str, str]:
    """What is wrong, in both languages; at most some 60 characters each."""
    wanted = misfit.wanted
    verb = "are" if several else "is"
    if misfit.keyword == "required":
        return f"{verb} missing", "缺失"
    if misfit.keyword in ("additionalProperties", "unevaluatedProperties"):
        return f"{verb} not defined, and nothing else is allowed", "没有定义，也不允许其他参数"
    if misfit.keyword == "type" and isinstance(wanted, Sequence):
        kind = _kind(misfit.value)
        return (
            f"is of type {kind}, not {' or '.join(wanted)}",
            f"的类型是 {kind}，应为 {' 或 '.join(wanted)}",
        )
    if misfit.keyword == "enum" and isinstance(wanted, list):
        return f"is none of {_few(wanted)}", f"不在允许的值之中：{_few(wanted)}"
    limit = _json(wanted) if isinstance(wanted, int | float | str) else "…"
    return f"breaks `{misfit.keyword}`: {limit}", f"违反 `{misfit.keyword}`：{limit}"


def _few(options: list[Any]) -> str:
    text = ""
    for count, option in enumerate(options):
        one = _json(option)
        if len(text) + len(one) > 36 or count == 4:
            return f"{text}, …" if text else f"{one[:36]}…"
        text = f"{text}, {one}" if text else one
    return text


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return kinds.get(type(value), "object")
