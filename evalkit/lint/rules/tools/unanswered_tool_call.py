# SPDX-License-Identifier: Apache-2.0
"""TLS008."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.calls import CALL_NEEDLES, unanswered
from evalkit.lint.rule import rule

__all__ = ["unanswered_tool_call"]


@rule(
    "TLS008",
    scope="example",
    severity="error",
    needles=CALL_NEEDLES,
    en="no result of the call of `{tool}`{id} follows it; add the tool's message",
    zh="调用 `{tool}`{id} 之后没有它的结果；请补上 tool 消息",
)
def unanswered_tool_call(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds tool calls that somebody talks over: the next message is not the tool's, or a result of one of
    several calls is missing. A conversation may end with its calls: they are what it teaches.
    ## Why is this bad?
    Servers refuse the conversation, and the model learns not to wait for results.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}, {"role": "user", "content": "Well?"}, {"role": "assistant", "content": "42"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "42"}, {"role": "assistant", "content": "42"}]}
    ## References
    OpenAI: "An assistant message with 'tool_calls' must be followed by tool messages responding to each
    'tool_call_id'. The following tool_call_ids did not have response messages: ...". Azure's training
    says only "contains invalid schema (20)".
    """
    for call in unanswered(example):
        named = f" (`{call.id}`)" if call.id and call.own else ""
        yield Fault(pointer=call.pointer, args={"tool": call.name, "id": named})
