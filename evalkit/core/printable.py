# SPDX-License-Identifier: Apache-2.0
"""Text from data, made safe for a terminal and for UTF-8 output."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clipped", "columns", "excerpt", "printable"]

# C0, DEL, C1, bidi controls, zero-width characters, BOM inside text, line separators, surrogates:
# everything that moves the cursor, hides text or cannot be encoded.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x0A:
        return "⏎"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"<U+{code:04X}>"


def printable(text: str) -> str:
    """Text with every control, bidi, zero-width and lone surrogate character written out."""
    return _UNSAFE.sub(_shown, text)


def excerpt(text: str, width: int = 60) -> str:
    """At most `width` printable characters of text, cut with an ellipsis."""
    shown = printable(text[: width + 1])
    return shown if len(shown) <= width else shown[: width - 1] + "…"


def columns(text: str) -> int:
    """Columns of a terminal that printable text takes: wide characters take two."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def clipped(text: str, width: int) -> str:
    """Printable text, cut with an ellipsis where it takes more columns than `width`."""
    if columns(text) <= width:
        return text
    taken = 0
    for index, character in enumerate(text):
        taken += columns(character)
        if taken > width - 1:
            return text[:index] + "…"
    return text
