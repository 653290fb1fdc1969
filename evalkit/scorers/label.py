# SPDX-License-Identifier: Apache-2.0
"""Classification by text: the label that the model wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Literal

from evalkit.core.exchange import Reply
from evalkit.core.printable import excerpt
from evalkit.core.scale import scale
from evalkit.core.score import Score
from evalkit.scorers._failed import failed
from evalkit.scorers._labels import OTHER, labels_named, read_label

__all__ = ["label"]


@scale("share", binary=True)
def label(
    reply: Reply,
    expected: str,
    labels: Sequence[str],
    *,
    synonyms: Mapping[str, str | Sequence[str]] | None = None,
    find: Literal["whole", "anywhere"] = "whole",
) -> Score:
    """1 if the whole reply is the expected label, else 0; a sentence that holds it is not.

    Case, width, outer quotes and trailing punctuation do not count. A reply outside the set has
    the answer "(other)", one without text has none.

    With `find: anywhere` the reply may be a sentence: right when it names the expected label and
    no other one, as LawBench scores its task 2-4 (Fei et al. 2023, arXiv 2309.16289). One that
    names several labels has the answer "(other)", one that names none abstains: it has no answer.

    Args:
        reply: The answer.
        expected: A label; else NaN.
        labels: The set.
        synonyms: Label to other names of it, such as {"refund": ["money back", "退款"]}.
        find: Where the label stands.
    """
    if error := failed(reply):
        return error
    wanted = read_label(expected, labels, synonyms)
    if wanted is None:
        return Score(nan, why=f"expected `{excerpt(expected)}`, which is not one of the labels")
    if not reply.text.strip():
        return Score(0.0, why="no text")
    answer = read_label(reply.text, labels, synonyms)
    if answer is None and find == "anywhere":
        met = labels_named(reply.text, labels, synonyms)
        if len(met) != 1:
            shown = ", ".join(excerpt(one, 30) for one in met[:4])
            why = f"names several labels: {shown}" if met else "names no label"
            return Score(0.0, answer=OTHER if met else None, why=why)
        answer = met[0]
    if answer is None:
        return Score(0.0, answer=OTHER, why=f"not one of the labels: {excerpt(reply.text)}")
    return Score(float(answer == wanted), answer=answer)
