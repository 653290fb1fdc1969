# SPDX-License-Identifier: Apache-2.0
"""ENC006."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.rules.encoding._escapes import without_eaten
from evalkit.lint.rules.encoding._mojibake import holds_gbk, unmangled
from evalkit.lint.texts import is_blank, texts

__all__ = ["control_character"]

_C0 = [c for c in range(0x20) if c not in (0x08, 0x09, 0x0A, 0x0C, 0x0D)]


@rule(
    "ENC006",
    scope="example",
    severity="warning",
    fix="safe",
    needles=(
        *(rf"\u{code:04x}".encode() for code in _C0),
        rb"\b",
        rb"\f",
        b"\x7f",
        *(chr(code).encode() for code in range(0x80, 0xA0) if code != 0x85),
    ),
    en="{number} control character(s), the first {which} near “{near}”; delete them",
    zh="有 {number} 个控制字符，第一个是 {which}，在“{near}”附近；请删除",
)
def control_character(example: Example) -> Iterator[Fault]:
    r"""## What it does
    Finds characters of U+0000 to U+001F, U+007F and U+0080 to U+009F but for tab and line breaks:
    what copies from terminals, PDF files and old encodings leave, colour codes of terminals included.
    What is left of a LaTeX command is `eaten-escape`'s matter, what is left of a letter in the wrong
    encoding `latin-mojibake`'s, and U+0085 `unicode-line-separator`'s.
    ## Why is this bad?
    Nobody sees them; the model learns to write them, and other programs stop at them.
    ## Example
    {"messages": [{"role": "user", "content": "Is it\u0000 open?"}, {"role": "assistant", "content": "Yes."}]}
    ## Use instead
    {"messages": [{"role": "user", "content": "Is it open?"}, {"role": "assistant", "content": "Yes."}]}
    ## Fix safety
    They are deleted, colour codes as a whole; a form feed or vertical tab between words becomes a line
    break.
    """
    for pointer, text in texts(example):
        found = _control().findall(without_eaten(text))
        if not found or is_blank(text) or not _own(text, found):
            continue
        start = text.index(found[0])
        right = _page_break().sub("\n", _colour().sub("", text))
        right = _control().sub("", right)
        yield Fault(
            pointer=pointer,
            args={
                "number": len(found),
                "which": f"U+{ord(found[0]):04X}",
                "near": text[max(0, start - 12) : start + 12],
            },
            fix=Fix("safe", edits={pointer: right}) if without_eaten(text) == text else None,
        )


def _own(text: str, found: list[str]) -> bool:
    """Whether these are control characters, and no pieces of letters in the wrong encoding."""
    high = [c for c in found if c >= "\x80"]
    return len(high) < len(found) or not (holds_gbk(text) or unmangled(text) is not None)


@cache
def _control() -> re.Pattern[str]:
    return re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")


@cache
def _page_break() -> re.Pattern[str]:
    return re.compile("(?<=\\S)[ \t]*[\x0b\x0c][ \t]*(?=\\S)")


@cache
def _colour() -> re.Pattern[str]:
    """The sequences of a terminal: colours, cursor, titles."""
    return re.compile("(?:\x1b\\[|\x9b)[0-9;?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)")
