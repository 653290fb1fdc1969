# SPDX-License-Identifier: Apache-2.0
"""RFT001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule

__all__ = ["last_message_not_user"]


@rule(
    "RFT001",
    scope="example",
    methods=("rft",),
    severity="error",
    turns_only=True,
    en="the prompt ends with a message of `{role}`; reinforcement needs one of `user` there",
    zh="提问的最后一条消息是 {role}；强化训练要求以 user 结尾",
)
def last_message_not_user(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds reinforcement rows whose last message is not the user's. A file whose rows end with answers is
    taken for supervised data, unless you say `--method rft`.
    ## Why is this bad?
    The model is to answer the user; servers refuse the row. A reference answer belongs beside `messages`.
    ## Example
    {"messages": [{"role": "user", "content": "6 x 7?"}, {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function": {"name": "times", "arguments": "{\"x\": 6, \"y\": 7}"}}]}, {"role": "tool", "tool_call_id": "a", "content": "42"}], "reference_answer": "42"}
    ## Use instead
    {"messages": [{"role": "user", "content": "6 x 7?"}], "reference_answer": "42"}
    ## References
    Azure OpenAI, reinforcement fine-tuning, 2026-10: the last message must be the user's.
    """
    messages = example.messages
    if messages and messages[-1].role != "user":
        yield Fault(pointer=messages[-1].pointer, args={"role": messages[-1].role})
