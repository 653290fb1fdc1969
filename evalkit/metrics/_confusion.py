# SPDX-License-Identifier: Apache-2.0
"""Expected labels against given ones."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from math import isnan

from evalkit.core.score import Sample
from evalkit.statistics.arrays import Array

__all__ = ["NONE", "OTHER", "Labels", "confusion", "outcomes"]

OTHER = "(other)"
NONE = "(none)"


class Labels:
    """Finds the place of a label; case and width count only where two labels differ by them."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._exact = {label.strip(): i for i, label in reversed(list(enumerate(labels)))}
        folded = [_fold(label) for label in self._exact]
        self._folded = (
            dict(zip(folded, self._exact.values(), strict=True))
            if len(set(folded)) == len(folded)
            else {}
        )
        self._seen: dict[str, int | None] = {}

    def place(self, text: str | None) -> int | None:
        """Index of the label that this text is, or None."""
        if text is None:
            return None
        if text not in self._seen:  # few texts, many rows
            place = self._exact.get(text.strip())
            if place is None and self._folded:
                place = self._folded.get(_fold(text))
            self._seen[text] = place
        return self._seen[text]


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def confusion(
    samples: Sequence[Sample], labels: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """How often each expected label got each answer.

    Args:
        samples: Shape (n,).
        labels: Of the suite, in the order wanted.

    Returns:
        Columns: `labels`, "(other)" for answers outside the set, "(none)" for no answer and for
        samples that could not be scored. Counts: shape (len(labels), len(labels) + 2); samples
        that expect something outside the set are not in it.
    """
    known = Labels(labels)
    counts = [[0] * (len(labels) + 2) for _ in labels]
    for sample in samples:
        row = known.place(sample.expected)
        if row is None:
            continue
        column = known.place(sample.score.answer)
        if sample.score.answer is None or isnan(sample.score.value):
            column = len(labels) + 1
        elif column is None:
            column = len(labels)
        counts[row][column] += 1
    return (*labels, OTHER, NONE), tuple(map(tuple, counts))


def outcomes(samples: Sequence[Sample], also: Sequence[str] = ()) -> tuple[list[str], Array]:
    """The labels that were expected, sorted, and one code per sample, for `Counts`.

    Args:
        samples: Shape (n,).
        also: Labels that count although nobody expects them.

    Returns:
        K labels; codes of shape (n,): expected * (K + 1) + given, where given = K is any answer
        that was never expected; K (K + 1) for samples that are not scored.
    """
    import numpy as np

    labels = sorted({*(s.expected.strip() for s in samples), *(label.strip() for label in also)})
    known, width = Labels(labels), len(labels) + 1
    unscored = len(labels) * width
    codes = np.full(len(samples), unscored, dtype=np.int64)
    for i, sample in enumerate(samples):
        if not isnan(sample.score.value):
            row, column = known.place(sample.expected), known.place(sample.score.answer)
            codes[i] = (row or 0) * width + (len(labels) if column is None else column)
    return labels, codes
