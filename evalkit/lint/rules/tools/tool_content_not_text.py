# SPDX-License-Identifier: Apache-2.0
"""TLS011."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.calls import RESULT_NEEDLES, is_own
from evalkit.lint.rule import rule

__all__ = ["tool_content_not_text"]


@rule(
    "TLS011",
    scope="example",
    severity="error",
    fix="safe",
    needles=RESULT_NEEDLES,
    en="the tool's message is a list of parts; write its content as one text",
    zh="tool 消息的内容是分块的列表；请写成一段文本",
)
def tool_content_not_text(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds results of tools whose content is a list of parts.
    ## Why is this bad?
    OpenAI takes parts from users and assistants, but only text from tools, when it trains.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}, {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "42"}]}, {"role": "assistant", "content": "42"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "42"}, {"role": "assistant", "content": "42"}]}
    ## Fix safety
    Parts that are all text are joined; with an image among them it is left to you.
    ## References
    OpenAI: "Line 1, message 3, key "content": Input should be a valid string".
    """
    for message in example.messages:
        if message.role not in ("tool", "function") or not isinstance(message.content, list):
            continue
        if not is_own(example, message):
            continue  # a layout with parts of its own
        fix = None
        if all(isinstance(p, dict) and isinstance(p.get("text"), str) for p in message.content):
            fix = Fix("safe", edits={f"{message.pointer}/content": message.text})
        yield Fault(pointer=f"{message.pointer}/content", fix=fix)
