# SPDX-License-Identifier: Apache-2.0
"""ENC004."""

from __future__ import annotations

from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.rules.encoding._mojibake import NEEDLES, unmangled
from evalkit.lint.texts import texts

__all__ = ["latin_mojibake"]


@rule(
    "ENC004",
    scope="example",
    severity="warning",
    fix="safe",
    needles=NEEDLES,
    en="text decoded with the wrong encoding: “{wrong}” should read “{right}”",
    zh="文本曾用错误的编码解码：“{wrong}”应为“{right}”",
)
def latin_mojibake(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds UTF-8 that was read as Latin-1, Windows-1252, MacRoman and their kin: `â€™` for `’`, `Ã©`
    for `é`. ftfy decides (`badness`) and repairs (`fix_encoding` alone: its other steps would
    straighten quotes and turn full-width Chinese punctuation into ASCII).
    ## Why is this bad?
    The model learns to write it.
    ## Example
    {"messages": [{"role": "user", "content": "Is the cafÃ© open?"}, {"role": "assistant", "content": "Yes."}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Is the café open?"}, {"role": "assistant", "content": "Yes."}]}
    ## Fix safety
    Only text that ftfy can decode back without loss is replaced.
    ## References
    ftfy 6.3, `ftfy.badness`, `ftfy.fix_encoding`.
    """
    for pointer, text in texts(example):
        right = None if text.isascii() else unmangled(text)
        if right is not None:
            pairs = enumerate(zip(text, right + "\0", strict=False))
            start = next(i for i, (a, b) in pairs if a != b)
            yield Fault(
                pointer=pointer,
                args={"wrong": _around(text, start), "right": _around(right, start)},
                fix=Fix("safe", edits={pointer: right}),
            )


def _around(text: str, index: int) -> str:
    return text[max(0, index - 10) : index + 14]
