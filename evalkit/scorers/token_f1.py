# SPDX-License-Identifier: Apache-2.0
"""Overlap of tokens, whatever their order."""

from __future__ import annotations

from collections import Counter

from evalkit.core.exchange import Reply
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import squad
from evalkit.scorers._tokenise import split_cjk

__all__ = ["token_f1"]


def token_f1(reply: Reply, expected: str) -> Score:
    """2PR / (P + R) over the tokens of reply and expected text, in [0, 1].

    Normalised as SQuAD's script does (lower case, no punctuation, no English articles), beyond it
    NFKC and Han, Kana and Hangul by character. Both without tokens: 1; one: 0. A failed request:
    NaN. rajpurkar/SQuAD-explorer, evaluate-v2.0.py, `compute_f1`.
    """
    if error := failed(reply):
        return error
    answer = squad(reply.text)
    given, wanted = split_cjk(answer), split_cjk(squad(expected))
    if not given or not wanted:
        return Score(float(given == wanted), answer=answer or None)
    same = sum((Counter(given) & Counter(wanted)).values())
    return Score(2 * same / (len(given) + len(wanted)), answer=answer)
