# SPDX-License-Identifier: Apache-2.0
"""One tokenisation for every overlap score: Han, Kana and Hangul by character, the rest by word."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["split_cjk", "tokenise"]

_CJK = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Combining signs are no letters to Python, yet they stand inside words (Devanagari, Thai, ...).
_MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e3a\u0e47-\u0e4e"
)
_ONE = re.compile(f"[{_CJK}]")
_TOKEN = re.compile(f"[{_CJK}]|(?:(?![{_CJK}])[^\\W_]|[{_MARKS}])+")


def tokenise(text: str) -> list[str]:
    """Tokens of a text: NFKC, case folded, punctuation dropped.

    Equal to rouge-score's default tokens (without its stemmer) for ASCII text.
    """
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def split_cjk(text: str) -> list[str]:
    """White-space tokens of an already normalised text, with every CJK character its own."""
    return _ONE.sub(r" \g<0> ", text).split()
