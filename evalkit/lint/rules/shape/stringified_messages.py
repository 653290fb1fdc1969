# SPDX-License-Identifier: Apache-2.0
"""SCH015."""

from __future__ import annotations

import json
from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["stringified_messages"]


@rule(
    "SCH015",
    scope="shape",
    severity="error",
    fix="safe",
    en="`{key}` is a text that holds JSON; it must be the list itself",
    zh="`{key}` 是一段 JSON 文本；应直接写成列表",
)
def stringified_messages(violation: Violation) -> Iterator[Fault]:
    r"""## What it does
    Finds `messages`, `tools` and their like that are written as JSON inside a string. Layouts that
    want their tools so (ShareGPT, Alpaca) are left alone.
    ## Why is this bad?
    Tables and databases leave such strings behind. Providers refuse the file.
    ## Example
    {"messages": "[{\"role\": \"user\", \"content\": \"Hi\"}, {\"role\": \"assistant\", \"content\": \"Hello!\"}]"}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    Safe: the text is replaced by what it says.
    """
    key = violation.pointer.rpartition("/")[2]
    fix = Fix("safe", edits={violation.pointer: json.loads(violation.value)})
    yield Fault(pointer=violation.pointer, args={"key": key}, fix=fix)
