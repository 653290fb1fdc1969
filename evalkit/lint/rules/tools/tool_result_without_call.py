# SPDX-License-Identifier: Apache-2.0
"""TLS007."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.calls import RESULT_NEEDLES, strays
from evalkit.lint.rule import rule

__all__ = ["tool_result_without_call"]


@rule(
    "TLS007",
    scope="example",
    severity="error",
    needles=RESULT_NEEDLES,
    en="the tool's message answers no call before it{id}; add the call, or mend `tool_call_id`",
    zh="这条 tool 消息没有对应的调用{id}；请补上调用，或改正 `tool_call_id`",
)
def tool_result_without_call(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds messages of a tool that follow no call, or name the id of none.
    ## Why is this bad?
    Servers refuse the conversation, and the model learns to believe results that nobody asked for.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "tool", "tool_call_id": "a", "content": "42"}, {"role": "assistant", "content": "42"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "42"}, {"role": "assistant", "content": "42"}]}
    ## References
    OpenAI: "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'".
    """
    for result in strays(example):
        named = f" (`{result.id}`)" if result.id else ""
        yield Fault(pointer=result.pointer, args={"id": named})
