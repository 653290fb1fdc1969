# SPDX-License-Identifier: Apache-2.0
"""FIL002."""

from __future__ import annotations

import json
from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule

__all__ = ["invalid_json_line"]


@rule(
    "FIL002",
    scope="bytes",
    broken_only=True,
    severity="error",
    fix="safe",
    en="not one line of valid JSON: {reason}{found}",
    zh="不是一行合法的 JSON：{reason_zh}{found}",
)
def invalid_json_line(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds records that are not one JSON value on one line, and says where the parser stopped and
    what the likely cause is: an unescaped quote, a raw line break, pretty-printing, a comment, a
    trailing comma, single quotes, a line that was cut off. The finding spans the whole record.
    ## Why is this bad?
    Trainers read line by line. One bad line makes OpenAI refuse the file; others skip it silently.
    ## Example
    {"messages": [{"role": "user", "content": "Say "hi""}, {"role": "assistant", "content": "Hi"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Say \"hi\""}, {"role": "assistant", "content": "Hi"}]}
    ## Fix safety
    A record that is only spread over several lines, or has a comma too many before a closing bracket,
    is written on one line; the value stays the same. Everything else has to be mended by hand.
    ## References
    OpenAI: "Example 1273 cannot be parsed. Error: line contains invalid json: Expecting ','
    delimiter: line 1 column 79". RFC 8259.
    """
    broken = example.broken
    if broken is None or broken.kind != "json":
        return
    fix = None
    if broken.recovered is not None:
        text = json.dumps(broken.recovered, ensure_ascii=False)
        fix = Fix("safe", raw=text.encode("utf-8", "surrogatepass"))
    found = broken.args.get("found", "")
    yield Fault(
        args={
            "reason": broken.args.get("reason", ""),
            "reason_zh": broken.args.get("reason_zh", ""),
            "found": f", at `{found}`" if found else "",
        },
        fix=fix,
    )
