# SPDX-License-Identifier: Apache-2.0
"""ROUGE of two token sequences. Lin (2004), "ROUGE", ACL workshop Text Summarization."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from evalkit.core.exchange import Reply
from evalkit.core.score import Score
from evalkit.scorers._expected import alternatives
from evalkit.scorers._failed import failed
from evalkit.scorers._tokenise import Tokens, tokens

__all__ = ["Overlap", "ngram_overlap", "overlap", "rouge_n"]


class Overlap(NamedTuple):
    """Precision, recall and F, each in [0, 1]."""

    precision: float
    recall: float
    f: float


def overlap(given: Sequence[str], wanted: Sequence[str]) -> Overlap:
    """Precision, recall and F of the longest common subsequence.

    Both without tokens: 1; one: 0.
    """
    if not given or not wanted:
        same = float(not given and not wanted)
        return Overlap(same, same, same)
    return _of(_longest_common_subsequence(given, wanted), len(given), len(wanted))


def ngram_overlap(given: Sequence[str], wanted: Sequence[str], n: int) -> Overlap:
    """Precision, recall and F of n-grams, each counted as often as it occurs in both.

    Both texts equal and too short for an n-gram: 1; else without n-grams: 0 (rouge-score says 0 for
    both).
    """
    ours, theirs = _ngrams(given, n), _ngrams(wanted, n)
    if not ours or not theirs:
        same = float(list(given) == list(wanted))
        return Overlap(same, same, same)
    return _of(sum((ours & theirs).values()), ours.total(), theirs.total())


def rouge_n(
    reply: Reply, expected: str, n: int, *, tokenise: Tokens, empty: str, separator: str | None
) -> Score:
    """The score of `rouge-1`, `rouge-2` and, for n = 0, `rouge-l`."""
    if error := failed(reply):
        return error
    given = tokens(reply.text, tokenise) or ([empty] if empty else [])

    def f(text: str) -> float:
        wanted = tokens(text, tokenise)
        found = ngram_overlap(given, wanted, n) if n else overlap(given, wanted)
        if tokenise == "rouge-chinese":  # it keeps clear of 0/0 so: 3e-9 less, and its own digits
            return 2 * found.precision * found.recall / (found.precision + found.recall + 1e-8)
        return found.f

    worth = max(map(f, alternatives(expected, separator)))
    return Score(worth, answer=reply.text.strip() or None)


def _of(common: int, given: int, wanted: int) -> Overlap:
    return Overlap(common / given, common / wanted, 2 * common / (given + wanted))


def _ngrams(tokens: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))


def _longest_common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """Its length, one big integer per row of the table: Hyyrö (2004), AWOCA, 16-27."""
    places: dict[str, int] = {}
    for i, token in enumerate(a):
        places[token] = places.get(token, 0) | 1 << i
    every = (1 << len(a)) - 1
    row = every
    for token in b:
        hits = row & places.get(token, 0)
        row = (row + hits | row - hits) & every
    return len(a) - row.bit_count()
