# SPDX-License-Identifier: Apache-2.0
"""SCH007."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["content_type"]

_NAMES = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "a string",
}


@rule(
    "SCH007",
    scope="shape",
    severity="error",
    en='{what} is {kind}; content must be text, or a list of parts like {{"type": "text", …}}',
    zh='{what_zh}的类型不对（{kind}）；content 应为文本，或 {{"type": "text", …}} 这样的块的列表',
)
def content_type(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds content that is a number, an object, a list of strings, or holds parts of an unknown kind.
    ## Why is this bad?
    Providers refuse the file, some with a message that nobody understands: "'str' object has no
    attribute 'get'".
    ## Example
    {"messages": [{"role": "user", "content": "Which label?"}, {"role": "assistant", "content": ["refund"]}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Which label?"}, {"role": "assistant", "content": "refund"}]}
    ## References
    OpenAI: "Line 1, message 3, key "content": Input should be a valid string".
    """
    part = "/content/" in violation.pointer
    kind = _NAMES.get(type(violation.value), "of another type")
    if violation.keyword == "required":
        kind = f"without `{violation.missing}`"
    yield Fault(
        pointer=violation.pointer,
        args={
            "what": "a part of the content" if part else "the content",
            "what_zh": "content 中的一块" if part else "content ",
            "kind": kind,
        },
    )
