# SPDX-License-Identifier: Apache-2.0
"""F1 as the CMRC 2018 script has it."""

from __future__ import annotations

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._cmrc import cmrc_f1_of, cmrc_segments, cmrc_text
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed

__all__ = ["cmrc_f1"]


@scale("share")
def cmrc_f1(reply: Reply, expected: str, *, separator: str | None = None) -> Score:
    """F of the longest common run of characters and words, by the official script of CMRC 2018.

    Nothing in common: 0, also where both are empty. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The right answer.
        separator: What parts several right answers; the best one counts.
    """
    if error := failed(reply):
        return error
    given = cmrc_segments(reply.text)
    worth = best(expected, separator, lambda text: cmrc_f1_of(given, cmrc_segments(text)))
    return Score(worth, answer=cmrc_text(reply.text) or None)
