# SPDX-License-Identifier: Apache-2.0
"""Classification by text: the label that the model wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._labels import OTHER, read_label

__all__ = ["label"]


def label(
    reply: Reply,
    expected: str,
    labels: Sequence[str],
    *,
    synonyms: Mapping[str, str | Sequence[str]] | None = None,
) -> Score:
    """1 if the whole reply is the expected label, else 0; a sentence that holds it is not.

    Case, width, outer quotes and trailing punctuation do not count. A reply outside the set has
    the answer "(other)", one without text has none.

    Args:
        reply: The answer.
        expected: A label; else NaN.
        labels: The set.
        synonyms: Label to other names of it, such as {"refund": ["money back", "退款"]}.
    """
    if error := failed(reply):
        return error
    wanted = read_label(expected, labels, synonyms)
    if wanted is None:
        return Score(nan, why=f"expected `{excerpt(expected)}`, which is not one of the labels")
    if not reply.text.strip():
        return Score(0.0, why="no text")
    answer = read_label(reply.text, labels, synonyms)
    if answer is None:
        return Score(0.0, answer=OTHER, why=f"not one of the labels: {excerpt(reply.text)}")
    return Score(float(answer == wanted), answer=answer)
