# SPDX-License-Identifier: Apache-2.0
"""CNT001."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example, Message
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.texts import is_blank, pointer_of

__all__ = ["empty_content"]

_STANDS_FOR = ("tool_calls", "function_call", "refusal", "audio")


@rule(
    "CNT001",
    scope="example",
    severity="error",
    fix="drop",
    en="the {role} message says nothing; fill it in or drop the example",
    zh="{role} 消息没有内容，请补上，或去掉这个样本",
)
def empty_content(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds user and assistant messages whose text is empty, blank, or made of invisible characters. No
    content beside tool calls, and parts that are images, are fine.
    ## Why is this bad?
    An empty question gives the answer no cause; an empty answer teaches silence.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "  "}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    `--drop` sets the example aside: what should stand there is not known.
    """
    for message in example.messages:
        if message.role in ("user", "assistant") and _says_nothing(message):
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"role": message.role}, fix=Fix.drop())


def _says_nothing(message: Message) -> bool:
    content = message.content
    if isinstance(content, str):
        if content and content[0].isalnum() and content[0] != "\u3164":
            return False  # most texts; U+3164 is a letter that shows nothing
        blank = is_blank(content)
    elif isinstance(content, list):
        blank = all(
            isinstance(part, dict)
            and part.get("type", "text") == "text"
            and is_blank(str(part.get("text", "")))
            for part in content
        )
    else:
        blank = content is None
    return blank and not any(message.value.get(key) for key in _STANDS_FOR)
