# SPDX-License-Identifier: Apache-2.0
"""Is the reply JSON?"""

from __future__ import annotations

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._json_text import parsed

__all__ = ["json_valid"]


@scale("share", binary=True)
def json_valid(reply: Reply, *, fenced: bool = False) -> Score:
    """1 if the whole reply is one JSON value (RFC 8259), as a program would read it, else 0.

    NaN, Infinity and a key that stands twice in an object are no JSON. A failed request: NaN.

    Args:
        reply: The answer.
        fenced: Whether a Markdown fence around it may stand.
    """
    if error := failed(reply):
        return error
    found = parsed(reply.text, fenced=fenced)
    return Score(float(not found.why), why=found.why)
