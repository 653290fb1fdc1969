# SPDX-License-Identifier: Apache-2.0
"""Overlap of pairs of neighbouring tokens."""

from __future__ import annotations

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._rouge import rouge_n
from evalkit.scorers._tokenise import Tokens

__all__ = ["rouge_2"]


@scale("share")
def rouge_2(
    reply: Reply,
    expected: str,
    *,
    tokenise: Tokens = "cjk",
    empty: str = "",
    separator: str | None = None,
) -> Score:
    """F of ROUGE-2: pairs of neighbouring tokens in both texts against those in each, in [0, 1].

    Lin (2004), ACL workshop; equal to rouge-score 0.1.2 without stemmer for ASCII text that has
    tokens. Options as for `rouge-l`. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The expected text.
        tokenise: "cjk", "jieba", "chars" or "rouge-chinese".
        empty: The one token of a reply without any.
        separator: What parts several right answers; the best one counts.
    """
    return rouge_n(reply, expected, 2, tokenise=tokenise, empty=empty, separator=separator)
