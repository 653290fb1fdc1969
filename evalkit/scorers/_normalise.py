# SPDX-License-Identifier: Apache-2.0
"""Texts made comparable: what two people would call the same answer."""

from __future__ import annotations

import re
import string
import unicodedata

__all__ = ["normalise", "squad", "squad_official", "unquoted"]

# NFKC folds ，！？：；（） and full-width letters; these it leaves.
_FOLD = str.maketrans(
    {
        "。": ".",
        "、": ",",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "「": '"',
        "」": '"',
        "『": '"',
        "』": '"',
        "‘": "'",
        "’": "'",
        "‐": "-",
        "‑": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "\u200b": None,  # zero width: seen by nobody
        "\ufeff": None,
    }
)
_END = ".!?;,…"
_QUOTES = "\"'`*"
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalise(text: str, ignore_case: bool = True) -> str:
    """NFKC, full-width and typographic punctuation folded, white space collapsed, ends trimmed.

    Trailing sentence punctuation goes, unless nothing else is there.

    Args:
        text: Any.
        ignore_case: Fold the case too.
    """
    folded = " ".join(unicodedata.normalize("NFKC", text).translate(_FOLD).split())
    if ignore_case:
        folded = folded.casefold()
    return folded.rstrip(_END + " ") or folded


def unquoted(text: str) -> str:
    """A normalised text without the quotes or Markdown emphasis around it."""
    bare = text.strip(_QUOTES + " ").rstrip(_END + " ")
    return bare or text


def squad(text: str, *, articles: bool = False) -> str:
    """As the official SQuAD script, for Latin text: lower case, no punctuation, no articles.

    Beyond it: NFKC, and punctuation of any script (the script keeps “。” and typographic quotes,
    so 北京。 and 北京 differ there). rajpurkar/SQuAD-explorer, evaluate-v2.0.py.

    Args:
        text: Any.
        articles: Keep a, an and the.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(
        ch
        for ch in folded
        if ch not in string.punctuation and not unicodedata.category(ch).startswith("P")
    )
    return " ".join((kept if articles else _ARTICLES.sub(" ", kept)).split())


def squad_official(text: str) -> str:
    """To the letter as the official SQuAD script: rajpurkar/SQuAD-explorer, evaluate-v2.0.py.

    Lower case, without ASCII punctuation, without English articles, white space collapsed.
    """
    kept = "".join(ch for ch in text.lower() if ch not in string.punctuation)
    return " ".join(_ARTICLES.sub(" ", kept).split())
