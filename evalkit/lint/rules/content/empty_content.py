# SPDX-License-Identifier: Apache-2.0
"""CNT001."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evalkit.core.example import Example, Message
from evalkit.core.finding import Fault, Fix
from evalkit.core.pointer import at
from evalkit.lint.rule import rule
from evalkit.lint.texts import pointer_of, said_otherwise

__all__ = ["empty_content"]


@rule(
    "CNT001",
    scope="example",
    severity="error",
    fix="drop",
    needles=(b'""', b"null", b"[]"),
    en="the {role} message says nothing; fill it in or drop the example",
    zh="{role} 消息没有内容，请补上，或去掉这个样本",
)
def empty_content(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds user and assistant messages whose text is empty or null. No content beside tool calls, a refusal
    or audio, and parts that are images, are fine.
    ## Why is this bad?
    An empty question gives the answer no cause; an empty answer teaches silence.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": ""}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    `--drop` sets the example aside: what should stand there is not known.
    ## References
    The cookbook's check counts such messages as `missing_content` (then its name for a key that lacks).
    """
    for message in example.messages:
        content = message.content
        if (content and type(content) is str) or message.role not in ("user", "assistant"):
            continue  # most messages
        if _is_empty(example, message):
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"role": message.role}, fix=Fix.drop())


def _is_empty(example: Example, message: Message) -> bool:
    content = message.content
    if isinstance(content, list):
        empty = all(
            isinstance(part, Mapping)
            and part.get("type", "text") == "text"
            and part.get("text") == ""
            for part in content
        )
    else:
        empty = content == "" or (content is None and _is_null(example, message.pointer))
    return empty and not said_otherwise(message)


def _is_null(example: Example, pointer: str) -> bool:
    """Whether null stands there: a key that lacks is the schema's matter."""
    there = at(example.value, pointer)
    if not isinstance(there, Mapping):
        return there is None
    return any(there.get(key, "") is None for key in ("content", "value", "text"))
