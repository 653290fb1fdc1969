# SPDX-License-Identifier: Apache-2.0
"""Is the reply the expected text?"""

from __future__ import annotations

from typing import Literal

from evalkit.core.exchange import Reply
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import normalise, squad

__all__ = ["exact"]


def exact(
    reply: Reply,
    expected: str,
    *,
    normal: Literal["text", "squad", "strict"] = "text",
    ignore_case: bool = True,
) -> Score:
    """1 if the reply is the expected text, else 0. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The expected text; an empty one is met by an empty reply.
        normal: What counts as the same. "text": NFKC, trimmed, white space collapsed, full-width
            and typographic punctuation folded, trailing sentence punctuation ignored; "squad":
            lower case, no punctuation, no English articles (the SQuAD script's exact match);
            "strict": every character, outer white space apart.
        ignore_case: For "text".
    """
    if error := failed(reply):
        return error
    if normal == "strict":
        answer, wanted = reply.text.strip(), expected.strip()
    elif normal == "squad":
        answer, wanted = squad(reply.text), squad(expected)
    else:
        answer, wanted = normalise(reply.text, ignore_case), normalise(expected, ignore_case)
    return Score(float(answer == wanted), answer=answer or None)
