# SPDX-License-Identifier: Apache-2.0
"""n-grams of the answer that the expected text has too."""

from __future__ import annotations

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._bleu import BleuTokens, sentence_bleu
from evalkit.scorers._expected import alternatives
from evalkit.scorers._failed import failed

__all__ = ["bleu"]


@scale("share")
def bleu(
    reply: Reply,
    expected: str,
    *,
    tokenise: BleuTokens = "auto",
    ignore_case: bool = False,
    separator: str | None = None,
) -> Score:
    """BLEU of one answer by sacrebleu, in [0, 1] (its 0 to 100, divided by 100).

    One answer's BLEU is rough; the metric `bleu` is that of the corpus, from the same counts. A
    failed request: NaN.

    Args:
        reply: The answer.
        expected: The reference.
        tokenise: "auto" goes by the expected text: zh for Han, char for Kana and Hangul, else 13a
            (13a gives 0 for 中国的首都是北京市 against 中国的首都是北京, zh 0.86).
        ignore_case: As the name says.
        separator: What parts several references.
    """
    if error := failed(reply):
        return error
    references = alternatives(expected, separator)
    found = sentence_bleu(reply.text, references, tokenise=tokenise, ignore_case=ignore_case)
    return Score(found.value, answer=reply.text.strip() or None, parts=found.parts)
