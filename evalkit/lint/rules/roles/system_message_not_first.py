# SPDX-License-Identifier: Apache-2.0
"""ROL005."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["system_message_not_first"]

_INSTRUCTIONS = ("system", "developer")


@rule(
    "ROL005",
    scope="example",
    severity="warning",
    turns_only=True,
    en="message {place} has the role `{role}`; keep one such message, as the first",
    zh="第 {place} 条消息的 role 是 {role}；这类消息请只留一条，并放在最前",
)
def system_message_not_first(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds system and developer messages that are not the first message: those in the middle of a
    conversation, and every further one where there are several.
    ## Why is this bad?
    OpenAI takes them. Most chat templates know one system prompt at the start: Mistral, Together and
    LLaMA-Factory refuse or drop such rows, others move the text or lose it.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}, {"role": "assistant", "content": "Hello!"}]}
    {"messages": [{"role": "system", "content": "Be kind."}, {"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "Ada."}]}
    ## Use instead
    {"messages": [{"role": "system", "content": "Be kind. Be brief."}, {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## References
    mistral_common 1.13.1, instruct/validator.py, takes one system message; LLaMA-Factory 0.9.5,
    data/converter.py, reads it from the first message alone; Together's client 1.5.35 refuses two equal
    roles in a row.
    """
    for number, message in enumerate(example.messages[1:], 2):
        if message.role in _INSTRUCTIONS:
            yield Fault(pointer=message.pointer, args={"role": message.role, "place": number})
            return
