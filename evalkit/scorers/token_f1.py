# SPDX-License-Identifier: Apache-2.0
"""Overlap of tokens, whatever their order."""

from __future__ import annotations

from collections import Counter

from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed
from evalkit.scorers._normalise import squad
from evalkit.scorers._tokenise import Tokens, split_cjk, tokens

__all__ = ["token_f1"]


@scale("share")
def token_f1(
    reply: Reply,
    expected: str,
    *,
    tokenise: Tokens = "cjk",
    separator: str | None = None,
) -> Score:
    """2PR / (P + R) over the tokens of reply and expected text, in [0, 1].

    Normalised as SQuAD's script does (lower case, no punctuation, no English articles), beyond it
    NFKC and Han, Kana and Hangul by character. rajpurkar/SQuAD-explorer, evaluate-v2.0.py,
    `compute_f1`. Where that leaves nothing of a text, articles stay in both: the answer "the" is
    not the expected "A" (`squad_f1` says 1, as the script does). Both without tokens: 1; one, or
    one of the two without any text: 0. A failed request: NaN.

    Args:
        reply: The answer.
        expected: The expected text.
        tokenise: "cjk", "jieba" (words of Chinese), "chars" or "rouge-chinese".
        separator: What parts several right answers; the best one counts.
    """
    if error := failed(reply):
        return error
    answer = squad(reply.text)

    def f1(text: str) -> float:
        if bool(reply.text.strip()) != bool(text.strip()):
            return 0.0
        given, wanted = (_counted(of, tokenise) for of in (reply.text, text))
        if not given or not wanted:
            given, wanted = (_counted(of, tokenise, articles=True) for of in (reply.text, text))
        if not given or not wanted:
            return float(given == wanted)
        return 2 * (given & wanted).total() / (given.total() + wanted.total())

    return Score(best(expected, separator, f1), answer=answer or None)


def _counted(text: str, how: Tokens, *, articles: bool = False) -> Counter[str]:
    kept = squad(text, articles=articles)
    return Counter(split_cjk(kept) if how == "cjk" else tokens(kept, how))
