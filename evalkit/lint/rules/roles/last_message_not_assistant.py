# SPDX-License-Identifier: Apache-2.0
"""ROL003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.core.pointer import at
from evalkit.lint.rule import rule

__all__ = ["last_message_not_assistant"]


@rule(
    "ROL003",
    scope="example",
    methods=("sft",),
    severity="error",
    fix="unsafe",
    turns_only=True,
    en="the last message is of `{role}`, not of `assistant`; add its reply or cut it",
    zh="最后一条消息是 {role}，不是 assistant；请补上回答，或删去它",
)
def last_message_not_assistant(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds conversations that go on after the last answer.
    ## Why is this bad?
    What stands behind the last answer teaches nothing; mostly the answer to it got lost. Mistral and
    Nova refuse such rows, OpenAI does not say.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": "Where is my parcel?"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}]}
    ## Fix safety
    Unsafe: the messages behind the last answer are cut off, and with them the hint that one is missing.
    ## References
    mistral_common 1.13.1, instruct/validator.py: "Expected last role Assistant for finetuning"; Amazon Nova,
    user guide: the last turn is the bot's response.
    """
    messages = example.messages
    if not messages or messages[-1].role == "assistant":
        return
    answers = [i for i, message in enumerate(messages) if message.role == "assistant"]
    if not answers:
        return  # missing-assistant-message says so
    last = messages[answers[-1]].pointer
    folder, _, index = last.rpartition("/")
    turns = at(example.value, folder)
    fix = None
    if isinstance(turns, list) and index.isdecimal():
        fix = Fix("unsafe", edits={folder: turns[: int(index) + 1]})
    yield Fault(pointer=messages[-1].pointer, args={"role": messages[-1].role}, fix=fix)
