# SPDX-License-Identifier: Apache-2.0
"""How little must be edited to make the answer the expected text."""

from __future__ import annotations

from typing import Literal

from evalkit.core.errors import MissingExtraError
from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import normalise

__all__ = ["edit_similarity"]


@scale("share")
def edit_similarity(
    reply: Reply,
    expected: str,
    *,
    by: Literal["indel", "levenshtein", "jaro_winkler"] = "indel",
    normal: Literal["text", "strict"] = "text",
    ignore_case: bool = True,
    separator: str | None = None,
) -> Score:
    """1 - edits / the most edits there could be, over characters, in [0, 1]; by rapidfuzz.

    Both empty: 1. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The expected text.
        by: "indel" (insertions and deletions; difflib's and fuzz.ratio's kind), "levenshtein"
            (replacements too, each one edit) or "jaro_winkler" (for names).
        normal: "text": made comparable as by `exact`; "strict": as they stand.
        ignore_case: For "text".
        separator: What parts several right answers; the best one counts.
    """
    if error := failed(reply):
        return error
    try:
        from rapidfuzz import distance
    except ImportError:
        raise MissingExtraError("rapidfuzz", extra="eval", purpose="count edits") from None
    of = {
        "indel": distance.Indel,
        "levenshtein": distance.Levenshtein,
        "jaro_winkler": distance.JaroWinkler,
    }[by]

    def made(text: str) -> str:
        return normalise(text, ignore_case) if normal == "text" else text

    answer = made(reply.text)
    worth = best(expected, separator, lambda t: float(of.normalized_similarity(answer, made(t))))
    return Score(worth, answer=answer or None)
