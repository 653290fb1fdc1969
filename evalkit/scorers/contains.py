# SPDX-License-Identifier: Apache-2.0
"""Does the expected text occur in the reply?"""

from __future__ import annotations

from math import nan

from evalkit.core.exchange import Reply
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import normalise

__all__ = ["contains"]


def contains(reply: Reply, expected: str, *, ignore_case: bool = True) -> Score:
    """1 if the expected text occurs in the reply, else 0; both as `exact` normalises text.

    Nothing expected, or a failed request: NaN.
    """
    if error := failed(reply):
        return error
    text, wanted = normalise(reply.text, ignore_case), normalise(expected, ignore_case)
    if not wanted:
        return Score(nan, why="nothing expected")
    return Score(float(wanted in text), answer=text or None)
