# SPDX-License-Identifier: Apache-2.0
"""ENC004."""

from __future__ import annotations

import re
from collections.abc import Iterator

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.texts import texts

__all__ = ["latin_mojibake"]

# One of these stands in everything that ftfy calls bad (ftfy/badness.py, 6.3; a property test holds
# it): punctuation that Chinese and English share with mojibake is not among them, so that most
# clean text never imports ftfy.
_CANDIDATE = re.compile(
    "[\x80-\x9f\xa1-\xb6\xb8-\xff\u0100-\u017f\u0192\u02c6-\u02dd\u0370-\u045f\u0490\u0491"
    "\u2020\u2021\u2030\u2044\u20a7\u20ac\u2116\u2202-\u2265\u2310\u2500-\u259f\u25ca\ufb01\ufb02"
    "\ufffd]"
)


@rule(
    "ENC004",
    scope="example",
    severity="warning",
    fix="safe",
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
    if example.raw.isascii() and b"\\u" not in example.raw:
        return
    for pointer, text in texts(example):
        if not _CANDIDATE.search(text):
            continue
        from ftfy import fix_encoding  # costs 80 ms: only for text that may need it
        from ftfy.badness import is_bad

        if is_bad(text) and (right := fix_encoding(text)) != text and not _FLOATING.search(right):
            start = next(
                i for i, (a, b) in enumerate(zip(text, right + "\0", strict=False)) if a != b
            )
            yield Fault(
                pointer=pointer,
                args={"wrong": _around(text, start), "right": _around(right, start)},
                fix=Fix("safe", edits={pointer: right}),
            )


# A combining mark on nothing: `£` that became `Ì¼` on a Mac is mojibake, but not of this.
_FLOATING = re.compile("(?<![^\\W\\d_])(?<![\u0300-\u036f])[\u0300-\u036f]")


def _around(text: str, index: int) -> str:
    return text[max(0, index - 10) : index + 14]
