# SPDX-License-Identifier: Apache-2.0
"""ENC003."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault
from evalkit.lint.rule import rule
from evalkit.lint.texts import texts

__all__ = ["replacement_character"]


@rule(
    "ENC003",
    scope="example",
    severity="warning",
    needles=("\ufffd".encode(),),
    en="characters were lost ({number} × U+FFFD) near “{near}”; restore the text from its source",
    zh="有 {number} 个字符已丢失（U+FFFD），在“{near}”附近；请从源头恢复原文",
)
def replacement_character(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds U+FFFD, which decoders write where bytes made no sense. Two or three in a row are usually one
    character that was cut between two chunks of a stream.
    ## Why is this bad?
    The text is gone, and the model learns to write the mark.
    ## Example
    {"messages": [{"role": "user", "content": "血压\ufffd\ufffd怎么办"}, {"role": "assistant", "content": "少盐。"}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "血压高怎么办"}, {"role": "assistant", "content": "少盐。"}]}
    """
    for pointer, text in texts(example):
        if (first := text.find("\ufffd")) >= 0:
            near = text[max(0, first - 12) : first + 12]
            yield Fault(pointer=pointer, args={"number": text.count("\ufffd"), "near": near})
