# SPDX-License-Identifier: Apache-2.0
"""PRF004."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.pairs import Answer, pair
from evalkit.lint.rule import rule

__all__ = ["output_not_one_answer"]


@rule(
    "PRF004",
    scope="example",
    methods=("preference",),
    severity="error",
    en="{what}; each output must be one message of `assistant`",
    zh="{what_zh}；每个输出必须恰好是一条 assistant 消息",
)
def output_not_one_answer(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds outputs that are empty, hold several messages, or end with a message of somebody else than the
    assistant. Layouts that may hold whole conversations (TRL) must only end with the assistant.
    ## Why is this bad?
    Servers refuse the row: they compare one answer with another.
    ## Example
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "user", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    ## Use instead
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    ## References
    OpenAI, preference fine-tuning, 2025: only one-turn conversations; the outputs are the last assistant
    message.
    """
    for side in pair(example) or ():
        wrong = _wrong(side)
        if wrong is not None:
            yield Fault(pointer=side.pointer, args={"what": wrong[0], "what_zh": wrong[1]})


def _wrong(side: Answer) -> tuple[str, str] | None:
    key = side.pointer[1:]
    if not side.messages:
        return f"`{key}` is empty", f"`{key}` 为空"
    if side.single and len(side.messages) > 1:
        number = len(side.messages)
        return f"`{key}` holds {number} messages", f"`{key}` 有 {number} 条消息"
    role = side.messages[-1].role
    if role != "assistant":
        return f"`{key}` ends with `{role[:20]}`", f"`{key}` 的最后一条是 {role[:20]}"
    return None
