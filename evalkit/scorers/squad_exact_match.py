# SPDX-License-Identifier: Apache-2.0
"""Exact match as the SQuAD script has it."""

from __future__ import annotations

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import squad_official

__all__ = ["squad_exact_match"]


@scale("share", binary=True)
def squad_exact_match(reply: Reply, expected: str, *, separator: str | None = None) -> Score:
    """1 if the reply is one of the right answers by the official script of SQuAD 2.0, else 0.

    To the letter: lower case, no ASCII punctuation, no English articles; 北京。 is not 北京 there
    (`exact` with `normal: squad` minds Chinese). No answer is an empty text. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The right answer.
        separator: What parts several right answers, such as "|".
    """
    if error := failed(reply):
        return error
    answer = squad_official(reply.text)
    worth = best(expected, separator, lambda text: float(squad_official(text) == answer))
    return Score(worth, answer=answer or None)
