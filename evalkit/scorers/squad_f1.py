# SPDX-License-Identifier: Apache-2.0
"""F1 as the SQuAD script has it."""

from __future__ import annotations

from collections import Counter

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import squad_official

__all__ = ["squad_f1"]


@scale("share")
def squad_f1(reply: Reply, expected: str, *, separator: str | None = None) -> Score:
    """F of the tokens in common, by the official script of SQuAD 2.0.

    To the letter: words at white space, so that Chinese without blanks is one word (`token-f1` and
    `cmrc-f1` mind Chinese). Both empty: 1. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The right answer.
        separator: What parts several right answers; the best one counts.
    """
    if error := failed(reply):
        return error
    answer = squad_official(reply.text)
    given = Counter(answer.split())

    def f1(text: str) -> float:
        wanted = Counter(squad_official(text).split())
        if not given or not wanted:
            return float(given == wanted)
        same = (given & wanted).total()
        if not same:
            return 0.0
        precision, recall = same / given.total(), same / wanted.total()
        return 2 * precision * recall / (precision + recall)

    return Score(best(expected, separator, f1), answer=answer or None)
