# SPDX-License-Identifier: Apache-2.0
"""Why a record is not JSON, in words that a person can act on; slow, for bad records only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from evalkit.core.example import Broken
from evalkit.core.printable import excerpt, printable
from evalkit.data.lines import lone_surrogate

__all__ = ["CAUSES", "cut_off", "diagnose", "not_object"]

# Cause: what it is, English and Chinese.
CAUSES: Mapping[str, tuple[str, str]] = {
    "pretty-printed": ("the object is spread over several lines", "一个对象占了多行"),
    "unescaped-quote": (
        'a quote inside a text is not escaped as \\"',
        '文本内的引号没有转义为 \\"',
    ),
    "raw-newline": ("a line break inside a text is not written as \\n", "文本内的换行没有写成 \\n"),
    "open-text": ("the closing quote of a text is missing", "文本缺少结尾的引号"),
    "raw-control": ("a control character inside a text is not escaped", "文本内的控制字符没有转义"),
    "trailing-comma": ("a comma before a closing bracket", "右括号前多了一个逗号"),
    "extra-comma": ("a comma too many", "多了一个逗号"),
    "comma-behind": ("a comma behind the object", "对象后面多了一个逗号"),
    "extra-bracket": ("a closing bracket too many", "多了一个右括号"),
    "missing-comma": ("a comma is missing between two members", "两个成员之间缺少逗号"),
    "missing-colon": ("a colon is missing after a key", "键后面缺少冒号"),
    "single-quotes": ("single quotes instead of double quotes", "用了单引号而不是双引号"),
    "full-width": (
        "curly quotes or full-width punctuation instead of ASCII",
        "用了弯引号或全角标点而不是半角标点",
    ),
    "unquoted-key": ("a key without quotes", "键没有加引号"),
    "comment": ("a comment, which JSON does not have", "JSON 中不能有注释"),
    "python-literal": ("True, False or None of Python", "用了 Python 的 True、False 或 None"),
    "nan": ("NaN or Infinity, which JSON does not have", "JSON 中不能有 NaN 或 Infinity"),
    "bad-escape": ("a backslash that escapes nothing", "反斜杠后不是合法的转义"),
    "number": ("a number that cannot be read", "无法读取的数字"),
    "too-deep": ("nested more than 200 deep", "嵌套超过 200 层"),
    "byte-order-mark": ("a byte-order mark in front of the record", "记录前有字节顺序标记（BOM）"),
    "cut-off": ("it ends before it is complete", "内容不完整，提前结束"),
    "extra-data": ("more than one value on the line", "一行中有多个值"),
    "not-json": ("this is text, not JSON", "这是普通文本，不是 JSON"),
    "syntax": ("not valid JSON", "不是合法的 JSON"),
}

_SHORT = 64
_AROUND = 400  # characters from the place of an error on: no secret is cut in the middle
_SURROGATE = re.compile("[\ud800-\udfff]")
_KEY = re.compile(r"[\w$\- ]+\s*:")
_LITERAL = re.compile(r"(True|False|None)\b")
# A text, which stays as it is, or a comma before a closing bracket.
_COMMA = re.compile(r"""("[^"\\]*+(?:\\.[^"\\]*+)*+")|,(?=\s*+[}\]])""")
_FULL_WIDTH = "“”‘’「」｛｝［］：，"


def diagnose(text: str) -> Broken:
    """Why `text`, which the strict parser refused, is no JSON value.

    Args:
        text: The whole record; several physical lines where it is spread over them.
    """
    return _remembered(text) if len(text) < _SHORT else _diagnosed(text)


@lru_cache(maxsize=256)
def _remembered(text: str) -> Broken:
    return _diagnosed(text)  # files of many broken lines have few kinds of short ones


def _diagnosed(text: str) -> Broken:
    start = text.lstrip(" \t\r\n")
    if start.startswith("\ufeff"):
        value, _ = _parsed(start.lstrip("\ufeff"), strict=True)
        if value is not None or not start.strip("\ufeff \t\r\n"):
            return _broken("byte-order-mark", 1, recovered=value)
    value, error = _parsed(text, strict=True)
    if error is None:
        return _readable_but_refused(text, value)
    if error == "deep":
        return _broken("too-deep")
    if error == "number":
        return _broken("number")
    if error.msg.startswith("Invalid control"):
        return _in_a_text(text, error.pos)
    cause = _cause(text, error)
    value = None
    if cause == "trailing-comma":
        value, _ = _parsed(_COMMA.sub(r"\1", text), strict=True)
    elif cause == "comma-behind" and text[error.pos :].strip(" \t\r\n") == ",":
        value, _ = _parsed(text[: error.pos], strict=True)
    found = text[error.pos : error.pos + _AROUND]
    return _broken(cause, error.pos + 1, found=found, recovered=_harmless(value))


def _in_a_text(text: str, place: int) -> Broken:
    """A control character in a text: written raw, or the text has no end on its line."""
    line_break = text[place] in "\r\n"
    loose, _ = _parsed(text, strict=False)
    if loose is None:
        return _broken("open-text" if line_break else "raw-control", place + 1)
    cause = "raw-newline" if line_break else "raw-control"
    return _broken(cause, place + 1, recovered=_harmless(loose))


def cut_off() -> Broken:
    """A record that the file ends in."""
    return _broken("cut-off")


def not_object(value: Any) -> Broken:
    """A value that is JSON but no object, which a row must be."""
    kind = {
        list: ("a list", "列表"),
        str: ("a text", "文本"),
        bool: ("true or false", "布尔值"),
        type(None): ("null", "null"),
    }.get(type(value), ("a number", "数字"))
    return Broken(
        "not-object",
        args={
            "type": kind[0],
            "type_zh": kind[1],
            "cause": "not-object",
            "reason": f"the row is {kind[0]}, not an object",
            "reason_zh": f"该行是{kind[1]}，不是对象",
        },
        recovered=value,
    )


def _broken(
    cause: str, column: int | None = None, *, found: str = "", recovered: Any = None
) -> Broken:
    english, chinese = CAUSES[cause]
    args = {"cause": cause, "reason": english, "reason_zh": chinese}
    if found:
        args["found"] = excerpt(printable(found), _AROUND)  # cut further once secrets are out
    return Broken("json", column, args, recovered)


class _Refused(ValueError):  # noqa: N818  (a signal, not an error)
    """NaN or Infinity."""


def _parsed(text: str, *, strict: bool) -> tuple[Any, Any]:
    """The value, or why there is none: an error of json, "deep", "number" or "nan"."""
    try:
        return json.loads(text, strict=strict), None
    except json.JSONDecodeError as error:
        return None, error
    except RecursionError:
        return None, "deep"
    except ValueError:  # an integer of more digits than Python reads
        return None, "number"


def _readable_but_refused(text: str, value: Any) -> Broken:
    """What json reads and the strict parser does not: these values break tools further on."""
    if _depth(value) > 200:
        return _broken("too-deep")
    lines = "\n" in text.strip()
    try:
        json.loads(text, parse_constant=_refuse)
    except _Refused as refused:
        at = text.find(str(refused))
        return _broken("nan", at + 1 if at >= 0 else None, found=str(refused))
    try:
        written = json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return _broken("number")
    if _SURROGATE.search(written):
        half = re.search(r"\\u[dD][89a-fA-F]", text)
        return lone_surrogate(half.start() + 1 if half else None)
    return _broken("pretty-printed" if lines else "syntax", recovered=value)


def _refuse(constant: str) -> None:
    raise _Refused(constant)


def _harmless(value: Any) -> Any:
    """The value, if it can be written as JSON again; else None."""
    if value is None:
        return None
    try:
        written = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (ValueError, RecursionError):
        return None
    return None if _SURROGATE.search(written) else value


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level and deepest <= 201:
        deepest += 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return deepest


def _cause(text: str, error: json.JSONDecodeError) -> str:
    """The name of the first thing that is wrong."""
    before = text[max(0, error.pos - 200) : error.pos].rstrip(" \t\r\n")
    rest = text[error.pos : error.pos + 1000].lstrip(" \t\r\n")
    for words, cause in _SAID:
        if error.msg.startswith(words):
            return cause
    if not rest and error.pos:
        return "cut-off"
    if rest.startswith(("//", "/*", "#")):
        return "comment"
    if rest[:1] in _FULL_WIDTH:
        return "full-width"
    if (rest[:1] in "]}" and before.endswith(",")) or "trailing comma" in error.msg:
        return "trailing-comma"
    if error.msg.startswith("Expecting value") and not before and rest[:1] not in "{[":
        return "not-json"
    for words, judge in _JUDGED:
        if error.msg.startswith(words):
            return judge(before, rest)
    return "syntax"


def _where_a_key_should_be(before: str, rest: str) -> str:
    if rest[:1] in {"'", ","}:
        return "single-quotes" if rest[0] == "'" else "extra-comma"
    if before.endswith("{"):
        return "unquoted-key" if rest[:1].isalpha() else "syntax"
    return "unquoted-key" if _KEY.match(rest) and not before.endswith('"') else "unescaped-quote"


def _where_a_value_should_be(before: str, rest: str) -> str:  # noqa: ARG001  (one shape for all)
    if _LITERAL.match(rest):
        return "python-literal"
    if rest.startswith(","):
        return "extra-comma"
    return "single-quotes" if rest.startswith("'") else "syntax"


def _where_a_colon_should_be(before: str, rest: str) -> str:
    return "unescaped-quote" if before.endswith('"') and rest[:1].isalpha() else "missing-colon"


def _where_a_comma_should_be(before: str, rest: str) -> str:
    if before.endswith('"'):  # a text ended: too early, unless a key follows
        return "missing-comma" if re.match(r'"[^"]{0,200}"\s*:', rest) else "unescaped-quote"
    return "missing-comma" if rest[:1] in '{["' or rest[:1].isalnum() else "syntax"


def _behind_the_value(before: str, rest: str) -> str:  # noqa: ARG001
    # `{…}}` is a bracket too many, `{…},` an element of a list, `{…} {…}` two rows on a line.
    if rest[:1] in "]}":
        return "extra-bracket"
    if rest.startswith(","):
        return "comma-behind"
    return "extra-data" if rest[:1] in '{["' else "syntax"


# What Python's json says, and what it means; of some words only the surroundings tell.
_SAID = (
    ("Unterminated string", "cut-off"),
    ("Invalid \\", "bad-escape"),
)
_JUDGED = (
    ("Expecting property name", _where_a_key_should_be),
    ("Expecting value", _where_a_value_should_be),
    ("Expecting ':'", _where_a_colon_should_be),
    ("Expecting ','", _where_a_comma_should_be),
    ("Extra data", _behind_the_value),
)
