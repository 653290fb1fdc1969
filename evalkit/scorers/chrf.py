# SPDX-License-Identifier: Apache-2.0
"""n-grams of characters that answer and expected text have in common."""

from __future__ import annotations

from typing import Literal

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._bleu import sentence_chrf
from evalkit.scorers._expected import alternatives
from evalkit.scorers._failed import failed

__all__ = ["chrf"]


@scale("share")
def chrf(
    reply: Reply,
    expected: str,
    *,
    words: Literal[0, 1, 2] = 0,
    ignore_case: bool = False,
    separator: str | None = None,
) -> Score:
    """chrF2 of one answer by sacrebleu, in [0, 1]: recall counts four times as much as precision.

    It needs no words, so that Chinese and inflected languages fare well. The metric `chrf` is that
    of the corpus, from the same counts. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The reference.
        words: Word n-grams beside those of characters: 0 is chrF, 2 is chrF++.
        ignore_case: As the name says.
        separator: What parts several references.
    """
    if error := failed(reply):
        return error
    references = alternatives(expected, separator)
    found = sentence_chrf(reply.text, references, words=words, ignore_case=ignore_case)
    return Score(found.value, answer=reply.text.strip() or None, parts=found.parts)
