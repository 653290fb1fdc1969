# SPDX-License-Identifier: Apache-2.0
"""ROL008."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import pointer_of, without_code

__all__ = ["special_token_in_text"]

_NEEDLES = (
    b"<|", "<｜".encode(), b"</s>", b"_of_turn>", b"<eos>", b"<bos>", b"[EOS]", b"[BOS]",
    b"[gMASK]", b"[UNUSED_TOKEN_",
)  # fmt: skip


@rule(
    "ROL008",
    scope="example",
    severity="warning",
    needles=_NEEDLES,
    en="the {role} message holds `{text}`, a special token of a model; take it out",
    zh="{role} 消息里有模型的特殊符号 `{text}`，请去掉",
)
def special_token_in_text(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds strings that models reserve: `<|im_end|>`, `<|endoftext|>`, `<|eot_id|>` and all of that form,
    `<｜end▁of▁sentence｜>`, `<end_of_turn>`, `[gMASK]`, and outside of code `[EOS]`, `<eos>` and a `</s>`
    that closes no `<s>` (HTML has that tag too).
    ## Why is this bad?
    A trainer adds them itself. In a text they end the turn in its middle or start another one, or are
    learned as letters; tiktoken refuses to encode `<|endoftext|>`.
    ## Example
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!<|im_end|>"}]}
    {"messages": [{"role": "user", "content": "你好"}, {"role": "assistant", "content": "你好！</s>"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}
    {"messages": [{"role": "user", "content": "Strike it out"}, {"role": "assistant", "content": "It costs <s>9</s> 8 euros."}]}
    ## References
    tiktoken 0.14, `Encoding.encode`: "Encountered text corresponding to disallowed special token".
    """
    for message in example.messages:
        text = message.text
        if found := _token(text):
            pointer = pointer_of(example, message)
            yield Fault(pointer=pointer, args={"role": message.role, "text": found})


def _token(text: str) -> str:
    certain, likely = _patterns()
    if match := certain.search(text):
        return match.group()
    if likely.search(text) and (match := likely.search(outside := without_code(text))):
        closes = match.group() == "</s>" and "<s>" in outside.replace("<s ", "<s>")
        return "" if closes else match.group()
    return ""


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    certain = (
        r"<\|[A-Za-z]\w{1,30}\|>"  # no blanks inside: `a <| f |> b` is F#
        r"|<｜[^<>｜\s]{2,30}｜>|<(?:start|end)_of_turn>|\[gMASK\]|\[UNUSED_TOKEN_\d+\]"
    )
    return re.compile(certain), re.compile(r"</s>|\[(?:EOS|BOS)\]|<(?:eos|bos)>")
