# SPDX-License-Identifier: Apache-2.0
"""PRF005."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.pairs import prompt
from evalkit.lint.rule import rule

__all__ = ["prompt_ends_with_answer"]


@rule(
    "PRF005",
    scope="example",
    methods=("preference",),
    severity="error",
    en="the prompt ends with an assistant message; move it into the outputs or cut it",
    zh="提问以 assistant 消息结尾；请移到输出中或删去",
)
def prompt_ends_with_answer(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds preference rows whose prompt already holds an answer to its last question.
    ## Why is this bad?
    The outputs would answer an answer. Servers refuse the row. TRL goes on with the message instead, so its
    layout is left alone.
    ## Example
    {"input": {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hey!"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    ## Use instead
    {"input": {"messages": [{"role": "user", "content": "Hi"}]}, "preferred_output": [{"role": "assistant", "content": "Hello!"}], "non_preferred_output": [{"role": "assistant", "content": "What?"}]}
    ## References
    together 1.5.35, `utils/files.py`: the last message of the input must not be the assistant's.
    """
    asked = prompt(example)
    # TRL's rows with a prompt of messages may begin the answer there (chat templates' prefill).
    if asked and asked[-1].role == "assistant" and not asked[-1].pointer.startswith("/prompt"):
        yield Fault(pointer=asked[-1].pointer)
