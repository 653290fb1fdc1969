# SPDX-License-Identifier: Apache-2.0
"""How near in meaning is the answer to the expected text?"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan
from typing import Any

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._expected import best
from evalkit.scorers._failed import failed
from evalkit.scorers._options import checked_by
from evalkit.scorers._sentence_model import PACKAGED, cosine

__all__ = ["embedding"]


def _check(options: Mapping[str, Any], where: str) -> None:
    least = options.get("at_least")
    if least is not None and not -1 <= least <= 1:
        raise UsageError(f"{where}: `at_least` is {least:g}", "a cosine lies from -1 to 1")


@scale("score")
@checked_by(_check)
def embedding(
    reply: Reply,
    expected: str,
    *,
    model: str = PACKAGED,
    at_least: float | None = None,
    separator: str | None = None,
) -> Score:
    """Cosine of the sentence embeddings of reply and expected text, in [-1, 1].

    The model runs on this machine (extra `embed`). Cosines of unrelated texts are not 0, and
    negations are near what they negate: hold it against people's judgement before a gate rests on
    it. No text: the least cosine, -1. Nothing expected, or a failed request: NaN.

    Args:
        reply: The answer.
        expected: The expected text.
        model: A folder of a sentence-transformers model of type bert, or an installed package that
            holds one; default: all-MiniLM-L6-v2 (English).
        at_least: The score is 1 from this cosine on, else 0.
        separator: What parts several right answers; the nearest one counts.
    """
    if error := failed(reply):
        return error
    if not expected.strip():
        return Score(nan, why="nothing expected")
    near = -1.0
    if reply.text.strip():
        near = best(expected, separator, lambda text: cosine(model, reply.text, text))
    answer = reply.text.strip() or None
    if at_least is None:
        return Score(near, answer=answer)
    return Score(float(near >= at_least), answer=answer, why=f"cosine {near:.3f}")
