# SPDX-License-Identifier: Apache-2.0
"""FIL002."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.secrets import quoted
from evalkit.lint.rule import rule

__all__ = ["invalid_json_line"]


def _needles() -> tuple[bytes, ...]:
    """Of numbers with an exponent; and what becomes of those that are too large."""
    signs = [e + plus for e in "eE" for plus in ("", "+")]
    numbers = [f"{a}{e}{b}" for a in range(10) for e in signs for b in range(10)]
    return (*(number.encode() for number in numbers), b"Infinity")


@rule(
    "FIL002",
    scope="bytes",
    severity="error",
    fix="safe",
    needles=_needles(),
    en="not one line of valid JSON: {reason}{found}",
    zh="不是一行合法的 JSON：{reason_zh}{found_zh}",
)
def invalid_json_line(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds records that are not one JSON value on one line, and says where the parser stopped and
    what the likely cause is: an unescaped quote, a raw line break, pretty-printing, a comment, a
    trailing comma, single quotes, a line that was cut off. The finding spans the whole record. A number
    such as 1e999, which no program can hold, is such a fault too.
    ## Why is this bad?
    Trainers read line by line. One bad line makes OpenAI refuse the file; others skip it silently.
    ## Example
    {"messages": [{"role": "user", "content": "Say "hi""}, {"role": "assistant", "content": "Hi"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Say \"hi\""}, {"role": "assistant", "content": "Hi"}]}
    ## Fix safety
    A record that is only spread over several lines, or has a comma too many behind it or before a
    closing bracket, is written on one line; the value stays the same. Everything
    else has to be mended by hand; `--drop` sets it aside.
    ## References
    OpenAI: "Example 1273 cannot be parsed. Error: line contains invalid json: Expecting ','
    delimiter: line 1 column 79". RFC 8259.
    """
    broken = example.broken
    if broken is None:
        yield from _too_large(example)
        return
    if broken.kind != "json":
        return
    fix = Fix.drop()
    if broken.recovered is not None:
        text = json.dumps(broken.recovered, ensure_ascii=False)
        fix = Fix("safe", raw=text.encode("utf-8", "surrogatepass"))
    found = quoted(broken.args.get("found", ""), 20)
    yield Fault(
        args={
            "reason": broken.args.get("reason", ""),
            "reason_zh": broken.args.get("reason_zh", ""),
            "found": f", at `{found}`" if found else "",
            "found_zh": f"，位于 `{found}`" if found else "",
        },
        fix=fix,
    )


def _too_large(example: Example) -> Iterator[Fault]:
    """Numbers that are infinite once they are read, and cannot be written as JSON again."""
    found = _exponent().search(example.raw)
    if found and any(isinstance(n, float) and math.isinf(n) for n in _numbers(example.value)):
        number = found.group().decode()[:20]
        yield Fault(
            args={
                "reason": "a number that is too large",
                "reason_zh": "数字过大",
                "found": f", at `{number}`",
                "found_zh": f"，位于 `{number}`",
            }
        )


@cache
def _exponent() -> re.Pattern[bytes]:
    return re.compile(rb"[0-9.]{1,20}[eE]\+?[0-9]{3,}")


def _numbers(value: Any) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
        else:
            yield one
