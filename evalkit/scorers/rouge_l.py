# SPDX-License-Identifier: Apache-2.0
"""Overlap of tokens in order: the longest common subsequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evalkit.core.exchange import Reply
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._tokenise import tokenise

__all__ = ["Overlap", "overlap", "rouge_l"]


class Overlap(NamedTuple):
    """Precision, recall and F, each in [0, 1]."""

    precision: float
    recall: float
    f: float


def rouge_l(reply: Reply, expected: str) -> Score:
    """F of ROUGE-L: the longest common subsequence of tokens against both lengths, in [0, 1].

    Lin (2004), ACL workshop; equal to rouge-score 0.1.2 without stemmer for ASCII text. Han, Kana
    and Hangul by character (rouge-score drops them: 0 for two equal Chinese sentences). Both
    without tokens: 1; one: 0. A failed request: NaN.
    """
    if error := failed(reply):
        return error
    given, wanted = tokenise(reply.text), tokenise(expected)
    return Score(overlap(given, wanted).f, answer=reply.text.strip() or None)


def overlap(given: Sequence[str], wanted: Sequence[str]) -> Overlap:
    """Precision, recall and F of the longest common subsequence."""
    if not given or not wanted:
        same = float(not given and not wanted)
        return Overlap(same, same, same)
    common = _longest_common_subsequence(given, wanted)
    return Overlap(
        common / len(given), common / len(wanted), 2 * common / (len(given) + len(wanted))
    )


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
