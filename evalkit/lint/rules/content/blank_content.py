# SPDX-License-Identifier: Apache-2.0
"""CNT002."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from evalkit.core.example import Example, Message
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.texts import blanks, is_blank, pointer_of, said_otherwise

__all__ = ["blank_content"]


def _needles() -> tuple[bytes, ...]:
    r"""What a text of blanks begins with in JSON: `" "`, `"` and a rarer blank, or two blanks.

    Controls are escaped there (`\n`, `\u000b`), so that these stand for all of them; tags (plane 14)
    share their first three bytes. Behind a common blank the first byte of a rarer one does.
    """
    rare = {c.encode()[:3] for c in blanks() if c > "\x20"}
    escaped = {rf"\{c}".encode() for c in "bfnrtu"}
    first = {b'"' + one for one in rare | escaped}
    second = {b'" ' + one[:1] for one in rare | escaped}
    return (b'" "', b'"  ', *sorted(first | second))


@rule(
    "CNT002",
    scope="example",
    severity="error",
    fix="drop",
    needles=_needles(),
    en="the {role} message shows nothing but blanks; fill it in or drop the example",
    zh="{role} 消息只有空白字符，请补上内容，或去掉这个样本",
)
def blank_content(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds user and assistant messages that are not empty, and in which nobody sees anything: blanks, line
    breaks, zero-width characters, soft hyphens, Hangul fillers. Tool calls beside them, and parts that are
    images, are fine.
    ## Why is this bad?
    An empty question gives the answer no cause; an empty answer teaches silence. Checks that only look for
    empty texts, the cookbook's too, let them pass.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "  "}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    ## Fix safety
    `--drop` sets the example aside: what should stand there is not known.
    """
    for message in example.messages:
        if message.role in ("user", "assistant") and _shows_nothing(message):
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"role": message.role}, fix=Fix.drop())


def _shows_nothing(message: Message) -> bool:
    content = message.content
    if isinstance(content, str):
        blank = content != "" and is_blank(content)
    elif isinstance(content, list):
        texts = [_text(part) for part in content]
        blank = any(texts) and all(text is not None and is_blank(text) for text in texts)
    else:
        blank = False
    return blank and not said_otherwise(message)


def _text(part: object) -> str | None:
    """The text of a part, None where it is another one."""
    if not isinstance(part, Mapping) or part.get("type", "text") != "text":
        return None
    text = part.get("text")
    return text if isinstance(text, str) else None
