# SPDX-License-Identifier: Apache-2.0
"""Exact match as the CMRC 2018 script has it."""

from __future__ import annotations

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._cmrc import cmrc_text
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed

__all__ = ["cmrc_exact_match"]


@scale("share", binary=True)
def cmrc_exact_match(reply: Reply, expected: str, *, separator: str | None = None) -> Score:
    """1 if the reply is one of the right answers by the official script of CMRC 2018, else 0.

    Lower case and without its list of signs. Raw strings would do great harm: of 3,219 dev answers
    with "。" behind them 2.5 % are equal, by the script 99.9 %. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The right answer.
        separator: What parts several right answers, such as "|".
    """
    if error := failed(reply):
        return error
    answer = cmrc_text(reply.text)
    worth = best(expected, separator, lambda text: float(cmrc_text(text) == answer))
    return Score(worth, answer=answer or None)
