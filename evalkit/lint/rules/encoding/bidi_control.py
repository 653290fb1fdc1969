# SPDX-License-Identifier: Apache-2.0
"""ENC008."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.texts import is_blank, texts

__all__ = ["bidi_control"]

_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@rule(
    "ENC008",
    scope="example",
    severity="warning",
    fix="safe",
    needles=tuple(c.encode() for c in _CONTROLS),
    en="{number} invisible character(s) that turn the direction of text ({which}); delete them",
    zh="有 {number} 个改变文字方向的不可见字符（{which}），请删除",
)
def bidi_control(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds U+202A to U+202E and U+2066 to U+2069, which turn the direction of the text that follows.
    Embeddings and isolates in text with Hebrew or Arabic letters are fine; overrides never are.
    ## Why is this bad?
    What a reviewer sees is not what the model reads: code can be hidden in this way (CVE-2021-42574).
    ## Use instead
    {"messages": [{"role": "user", "content": "Is it open?"}, {"role": "assistant", "content": "Yes."}]}
    ## Fix safety
    All of them are deleted from the text; every letter stays where it is.
    ## References
    Trojan Source, CVE-2021-42574. Unicode Standard Annex 9.
    """
    for pointer, text in texts(example):
        found = [c for c in text if c in _CONTROLS]
        if not found or is_blank(text):
            continue
        if not {"\u202d", "\u202e"} & set(found) and _leftward().search(text):
            continue
        right = text.translate(dict.fromkeys(map(ord, _CONTROLS)))
        which = ", ".join(f"U+{ord(c):04X}" for c in sorted(set(found)))
        yield Fault(
            pointer=pointer,
            args={"number": len(found), "which": which},
            fix=Fix("safe", edits={pointer: right}),
        )


@cache
def _leftward() -> re.Pattern[str]:
    """Letters of scripts that run from right to left."""
    return re.compile(
        "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
    )
