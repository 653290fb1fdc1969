# SPDX-License-Identifier: Apache-2.0
"""PRF001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.shape import Violation

__all__ = ["missing_preference_field"]


@rule(
    "PRF001",
    scope="shape",
    severity="error",
    fix="drop",
    en="`{key}` is missing or of a wrong type; a pair has a prompt, a better and a worse answer",
    zh="`{key}` 缺失或类型不对；偏好数据要有提问、较好的和较差的回答",
)
def missing_preference_field(violation: Violation) -> Iterator[Fault]:
    """## What it does
    Finds preference rows that lack their prompt or one of their two answers.
    ## Why is this bad?
    Without both answers there is no preference to learn; servers refuse the file.
    ## Example
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}]}
    ## Use instead
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    ## Fix safety
    `--drop` sets it aside: no answer can be invented.
    ## References
    OpenAI: "Example 1 is missing key 'input'".
    """
    key = violation.missing or violation.pointer.rpartition("/")[2]
    yield Fault(pointer=violation.pointer, args={"key": key}, fix=Fix.drop())
