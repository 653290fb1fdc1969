# SPDX-License-Identifier: Apache-2.0
"""One tokenisation for every overlap score: Han, Kana and Hangul by character, the rest by word."""

from __future__ import annotations

import re
import unicodedata
import warnings
from functools import cache
from typing import Any, Literal

from evalkit.core.errors import MissingExtraError

__all__ = ["Tokens", "is_cjk", "split_cjk", "tokenise", "tokens"]

Tokens = Literal["cjk", "jieba", "chars", "rouge-chinese"]
"""How texts are cut into tokens.

cjk            Han, Kana and Hangul by character, the rest by word; punctuation dropped
jieba          Chinese by jieba's words, the rest by word; punctuation dropped
chars          every character but white space and punctuation
rouge-chinese  as rouge-chinese 1.0.3 has them and LawBench's official scores: jieba's words,
               punctuation kept, and each blank line between sentences an empty token
"""

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
_WORD = re.compile(f"(?:[^\\W_]|[{_MARKS}])+")
_SENTENCE_ENDS = tuple(
    map(
        re.compile,
        (
            "([。！？?])([^”’])",
            r"(\.{6})([^”’])",
            "(…{2})([^”’])",
            "([。！？?][”’])([^，。！？?])",
        ),
    )
)
_TOKEN = re.compile(f"[{_CJK}]|(?:(?![{_CJK}])[^\\W_]|[{_MARKS}])+")


def tokenise(text: str) -> list[str]:
    """Tokens of a text: NFKC, case folded, punctuation dropped.

    Equal to rouge-score's default tokens (without its stemmer) for ASCII text.
    """
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def is_cjk(character: str) -> bool:
    """Whether a character is Han, Kana or Hangul: a token by itself."""
    return _ONE.fullmatch(character) is not None


def split_cjk(text: str) -> list[str]:
    """White-space tokens of an already normalised text, with every CJK character its own."""
    return _ONE.sub(r" \g<0> ", text).split()


def tokens(text: str, how: Tokens = "cjk") -> list[str]:
    """Tokens of a text in one of the four ways.

    Raises:
        MissingExtraError: jieba is asked for and not installed.
    """
    if how == "cjk":
        return tokenise(text)
    if how == "rouge-chinese":
        return _as_rouge_chinese(text)
    folded = unicodedata.normalize("NFKC", text).casefold()
    if how == "jieba":
        return [token for word in _jieba().lcut(folded) for token in _WORD.findall(word)]
    return [character for token in _WORD.findall(folded) for character in token]


def _as_rouge_chinese(text: str) -> list[str]:
    """To the letter of its `cut_sent` and of the way that LawBench calls it."""
    joined = " ".join(_jieba().cut(text))
    if not joined.strip():
        return []
    for pattern in _SENTENCE_ENDS:
        joined = pattern.sub(r"\1\n\2", joined)
    lines = (line for line in joined.rstrip().split("\n") if line)
    return [token for line in lines for token in " ".join(line.split()).split(" ")]


@cache
def _jieba() -> Any:
    try:
        with warnings.catch_warnings():  # it imports what setuptools has given up
            warnings.simplefilter("ignore")
            import jieba
    except ImportError:
        raise MissingExtraError("jieba", extra="zh", purpose="cut Chinese into words") from None
    jieba.setLogLevel("WARNING")  # it tells stderr that it loads its dictionary
    return jieba
