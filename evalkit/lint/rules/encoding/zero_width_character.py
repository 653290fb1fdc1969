# SPDX-License-Identifier: Apache-2.0
"""ENC009."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from evalkit.core.example import Example
from evalkit.core.finding import Fault, Fix
from evalkit.lint.rule import rule
from evalkit.lint.rules.encoding._mojibake import holds_gbk, unmangled
from evalkit.lint.texts import is_blank, texts

__all__ = ["zero_width_character"]


@rule(
    "ENC009",
    scope="example",
    severity="warning",
    fix="safe",
    needles=(
        *(c.encode() for c in "\u00ad\u200b\u200c\u200d\u2060\ufeff"),
        "\U000e0001".encode()[:3],
        "\U000e0041".encode()[:3],
    ),
    en="{number} invisible character(s), the first {which} in “{near}”; delete them",
    zh="有 {number} 个不可见字符，第一个是 {which}，在“{near}”中；请删除",
)
def zero_width_character(example: Example) -> Iterator[Fault]:
    """## What it does
    Finds characters that take no room: zero-width space (U+200B), joiners (U+200C, U+200D, U+2060),
    a byte order mark inside text, soft hyphens, and tag characters, which can hide whole sentences.
    Joiners inside emoji, joiners and breaks beside letters of Arabic, Indic and South-East Asian
    scripts, and the tags of flags belong there and are left alone.
    ## Why is this bad?
    Nobody sees them, yet they are tokens: equal words become different ones, labels do not match, and
    hidden instructions pass a review.
    ## Use instead
    {"messages": [{"role": "user", "content": "Is it open?"}, {"role": "assistant", "content": "Yes."}]}
    ## Fix safety
    They are deleted; no visible character changes.
    ## References
    Unicode Standard, 23.2 (layout controls); Unicode Technical Standard 51 (emoji).
    """
    for pointer, text in texts(example):
        if text.isascii():
            continue
        found = [match.group() for match in _stray().finditer(text)]
        if not found or is_blank(text) or not _own(text, found):
            continue
        start = text.index(found[0])
        yield Fault(
            pointer=pointer,
            args={
                "number": sum(map(len, found)),
                "which": f"U+{ord(found[0][0]):04X}",
                "near": text[max(0, start - 12) : start + 12],
            },
            fix=Fix("safe", edits={pointer: _stray().sub("", text)}),
        )


def _own(text: str, found: list[str]) -> bool:
    """Whether a soft hyphen is one, and no piece of a letter in the wrong encoding."""
    return set(found) != {"\xad"} or not (holds_gbk(text) or unmangled(text) is not None)


@cache
def _stray() -> re.Pattern[str]:
    """What stands where it has no work to do."""
    # Scripts that need joiners: Arabic to Mandaic, Indic to Sinhala, Tibetan, Myanmar, Khmer,
    # Mongolian and others of the kind; those without blanks, where a break may be shown.
    joined = (
        "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u1900-\u1cff\ua800-\uabff"
        "\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f"
    )
    unspaced = "\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u1950-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf"
    emoji = (
        "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u27bf\u2900-\u2bff\u3030\u303d"
        "\u3297\u3299\ufe0f\u20e3\U0001f000-\U0001faff"  # selector, keycap, pictographs, skin tones
    )
    return re.compile(
        f"[\u00ad\u2060\ufeff]"
        f"|(?<![{unspaced}])\u200b(?![{unspaced}])"
        f"|(?<![{joined}])\u200c(?![{joined}])"
        f"|(?<![{joined}])\u200d(?![{joined}])(?:(?<![{emoji}]\u200d)|(?![{emoji}]))"
        f"|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0001\U000e0020-\U000e007f]+"
    )
