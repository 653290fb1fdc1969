# SPDX-License-Identifier: Apache-2.0
"""Normalisation and overlap of the CMRC 2018 script.

ymcui/cmrc2018, squad-style-data/cmrc2018_evaluate.py (version "v5 - special"); Cui et al. (2019),
EMNLP, 5883-5889. Read 2026-11; the script itself is for Python 2.
"""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.scorers._nltk_words import nltk_words

__all__ = ["cmrc_f1_of", "cmrc_segments", "cmrc_text"]

# As the script lists them: "……" is two characters there and so never met.
_SIGNS = frozenset("-:_*^/\\~`+=，。：？！“”；’《》·、「」（）－～『』")


def cmrc_text(text: str) -> str:
    """Lower case, without the script's list of signs; blanks stay."""
    return "".join(c for c in text.lower().strip() if c not in _SIGNS)


def cmrc_segments(text: str) -> list[str]:
    """Han by character (U+4E00 to U+9FA5), the rest by NLTK's words; without the list of signs."""
    found: list[str] = []
    pending = ""
    for character in text.lower().strip():
        if character in _SIGNS:
            continue
        if "\u4e00" <= character <= "\u9fa5":
            found += nltk_words(pending) if pending else []
            found.append(character)
            pending = ""
        else:
            pending += character
    return found + (nltk_words(pending) if pending else [])


def cmrc_f1_of(given: Sequence[str], wanted: Sequence[str]) -> float:
    """F of the longest run that both have (a substring, not a subsequence); none: 0."""
    longest = _longest_run(given, wanted)
    if not longest:
        return 0.0
    precision, recall = longest / len(given), longest / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _longest_run(a: Sequence[str], b: Sequence[str]) -> int:
    places: dict[str, list[int]] = {}
    for j, token in enumerate(b):
        places.setdefault(token, []).append(j)
    best = 0
    row: dict[int, int] = {}
    for token in a:
        row = {j: row.get(j - 1, 0) + 1 for j in places.get(token, ())}
        best = max(best, max(row.values(), default=0))
    return best
