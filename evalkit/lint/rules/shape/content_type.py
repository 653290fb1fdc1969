# SPDX-License-Identifier: Apache-2.0
"""SCH007."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from evalkit.core.finding import Fault, Fix
from evalkit.core.pointer import at
from evalkit.core.secrets import quoted
from evalkit.lint.phrase import Phrase
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["content_type"]

_KINDS = {
    type(None): Phrase("null", "null"),
    bool: Phrase("true or false", " true 或 false"),
    int: Phrase("a number", "数字"),
    float: Phrase("a number", "数字"),
    list: Phrase("a list", "列表"),
    dict: Phrase("an object", "对象"),
    str: Phrase("a string", "字符串"),
}
_OTHER = Phrase("of another type", "其他类型")
_PARTS = Phrase(
    'content must be text, or a list of parts like {"type": "text", …}',
    '应为文本，或 {"type": "text", …} 这样的块的列表',
)
_BLOCKS = Phrase("content must be a list of parts", "应为块的列表")
_ADD = Phrase("add it", "请补上")
_MESSAGES = Phrase("it must be text, or a list of messages", "应为文本，或消息的列表")
_CONTENT = Phrase("the content", "content ")
_TEXT = Phrase("it must be text", "应为文本")
_LIST = Phrase("it must be a list", "应为列表")
_PATHS = Phrase("it must be a list of paths or addresses", "应为路径或网址的列表")
_OBJECT = Phrase("it must be an object", "应为对象")
_SHOWN = 4  # of the keys of which one must be there


@rule(
    "SCH007",
    scope="shape",
    severity="error",
    fix="unsafe",
    en="{what:en} is {kind:en}; {wanted:en}",
    zh="{what:zh}是{kind:zh}；{wanted:zh}",
)
def content_type(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds content (and other texts of a row, such as `output`) that is a number, an object or a list of
    strings, or holds parts that lack what their kind needs.
    ## Why is this bad?
    Providers refuse the file, some with a message that nobody understands: "'str' object has no
    attribute 'get'".
    ## Example
    {"messages": [{"role": "user", "content": "Which label?"}, {"role": "assistant", "content": ["refund"]}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Which label?"}, {"role": "assistant", "content": "refund"}]}
    ## Fix safety
    Unsafe: a number is written as text, a list of strings as parts; whether they were meant so is for
    you to say.
    ## References
    OpenAI: "Line 1, message 3, key "content": Input should be a valid string".
    """
    before, content, inside = violation.pointer.partition("/content")
    kind = _KINDS.get(type(violation.value), _OTHER)
    if violation.keyword in ("minItems", "maxItems"):  # of earlier exchanges
        kind = Phrase("not a pair of texts", "不成对的列表")
    if violation.keyword in ("required", "enum", "anyOf"):
        lacks = f"`{violation.missing}`" if violation.missing else "a known `type`"
        if violation.keyword == "anyOf":
            lacks = _alternatives(violation.wanted)
        kind = Phrase(f"without {lacks}", f"缺少 {lacks} 的块")
    fix = None
    if content and "/" not in inside.lstrip("/"):
        what = Phrase("a part of the content", "content 中的一块") if inside else _CONTENT
        wanted, fix = _content(violation), _fix(violation, before + content)
    else:
        key = f"`{quoted(violation.pointer)}`"
        lacking = violation.keyword in ("required", "anyOf")
        what, wanted = Phrase(key, f"{key} "), _ADD if lacking else _wanted(violation.wanted)
    args = {"what": what, "kind": kind, "wanted": wanted}
    yield Fault(pointer=violation.pointer, args=args, fix=fix)


def _alternatives(wanted: Any) -> str:
    """The keys of which one must be there; of two spellings of a key the first."""
    keys = [key for one in wanted for key in one.get("required", ()) if "_" not in key]
    shown = [f"`{key}`" for key in keys[:_SHOWN]]
    return " / ".join([*shown, "…"] if keys[_SHOWN:] else shown)


def _content(violation: Violation) -> Phrase:
    wanted = violation.wanted
    if violation.keyword == "anyOf":
        return _ADD
    only = violation.keyword == "type" and "array" in wanted and "string" not in wanted
    return _BLOCKS if only else _PARTS


def _wanted(types: Any) -> Phrase:
    if types == "object":
        return _OBJECT
    if not isinstance(types, str | list) or "string" not in types:
        return _LIST
    if "object" in types:
        return _PATHS
    return _MESSAGES if "array" in types else _TEXT


def _fix(violation: Violation, pointer: str) -> Fix | None:
    content = at(violation.example.value, pointer)
    new: Any = None
    if isinstance(content, int | float) and not isinstance(content, bool):
        new = json.dumps(content)
    elif isinstance(content, list) and content and all(isinstance(c, str) for c in content):
        parts = [{"type": "text", "text": text} for text in content]
        new = parts if parts[1:] else content[0]
    return None if new is None else Fix("unsafe", edits={pointer: new})
