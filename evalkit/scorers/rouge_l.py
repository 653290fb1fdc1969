# SPDX-License-Identifier: Apache-2.0
"""Overlap of tokens in order: the longest common subsequence."""

from __future__ import annotations

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._rouge import Overlap, overlap, rouge_n
from evalkit.scorers._tokenise import Tokens

__all__ = ["Overlap", "overlap", "rouge_l"]


@scale("share")
def rouge_l(
    reply: Reply,
    expected: str,
    *,
    tokenise: Tokens = "cjk",
    empty: str = "",
    separator: str | None = None,
) -> Score:
    """F of ROUGE-L: the longest common subsequence of tokens against both lengths, in [0, 1].

    Lin (2004), ACL workshop; equal to rouge-score 0.1.2 without stemmer for ASCII text. Han, Kana
    and Hangul by character (rouge-score drops them: 0 for two equal Chinese sentences). Both
    without tokens: 1; one: 0. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The expected text.
        tokenise: "cjk", "jieba" (words of Chinese), "chars" or "rouge-chinese" (LawBench).
        empty: The one token of a reply without any; LawBench (2023) says 无内容.
        separator: What parts several right answers; the best one counts.
    """
    return rouge_n(reply, expected, 0, tokenise=tokenise, empty=empty, separator=separator)
