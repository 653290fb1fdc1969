# SPDX-License-Identifier: Apache-2.0
"""Is the reply the expected text?"""

from __future__ import annotations

from typing import Literal

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._cmrc import cmrc_text
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import normalise, squad
from evalkit.scorers._tokenise import tokenise

__all__ = ["exact"]


@scale("share", binary=True)
def exact(
    reply: Reply,
    expected: str,
    *,
    normal: Literal["text", "squad", "cmrc", "tokens", "strict"] = "text",
    ignore_case: bool = True,
    separator: str | None = None,
) -> Score:
    """1 if the reply is the expected text, else 0. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The expected text; an empty one is met by an empty reply.
        normal: What counts as the same. "text": NFKC, trimmed, white space collapsed, full-width
            and typographic punctuation folded, trailing sentence punctuation ignored; "squad":
            lower case, no punctuation of any script, no English articles; "cmrc": as the CMRC 2018
            script; "tokens": letters, digits and characters alone count, blanks and signs do not;
            "strict": every character, outer white space apart.
        ignore_case: For "text".
        separator: What parts several right answers, such as "|".
    """
    if error := failed(reply):
        return error

    def made(text: str) -> str:
        if normal == "squad":
            return squad(text)
        if normal == "cmrc":
            return cmrc_text(text)
        if normal == "tokens":
            return " ".join(tokenise(text))
        return text.strip() if normal == "strict" else normalise(text, ignore_case)

    answer = made(reply.text)
    worth = best(expected, separator, lambda text: float(made(text) == answer))
    return Score(worth, answer=answer or None)
