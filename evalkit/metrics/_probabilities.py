# SPDX-License-Identifier: Apache-2.0
"""Label probabilities of samples as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.statistics.arrays import Array

__all__ = ["as_table", "of_label", "positives", "said", "top", "without"]


def said(samples: Sequence[Sample]) -> list[Sample]:
    """The samples that have probabilities."""
    return [s for s in samples if s.score.probabilities is not None]


def without(found: Interval, samples: Sequence[Sample], kept: Sequence[Sample]) -> Interval:
    """The interval with how many samples have no probabilities, and `why` where none has any."""
    left_out = len(samples) - len(kept)
    why = "no label probabilities" if left_out and not kept else found.why
    return replace(found, left_out=left_out, why=why)


def positives(samples: Sequence[Sample], label: str | None) -> list[str]:
    """The label, or all that are expected, sorted."""
    return [label] if label is not None else sorted({s.expected.strip() for s in samples})


def of_label(samples: Sequence[Sample], label: str) -> tuple[list[int], list[float]]:
    """Whether each sample expects the label (1 or 0), and the label's probability."""
    return (
        [int(s.expected.strip() == label) for s in samples],
        [(s.score.probabilities or {}).get(label, 0.0) for s in samples],
    )


def top(samples: Sequence[Sample]) -> tuple[list[int], list[float]]:
    """Whether each answer is right (1 or 0), and the greatest of its probabilities."""
    return (
        [int(s.score.value == 1.0) for s in samples],
        [max((s.score.probabilities or {}).values(), default=0.0) for s in samples],
    )


def as_table(samples: Sequence[Sample]) -> tuple[Array, Array]:
    """Probabilities of shape (n, K) over all labels named or expected; the place of the right one.

    A label that a sample does not name has 0.
    """
    import numpy as np

    labels = sorted(
        {s.expected.strip() for s in samples}.union(*(s.score.probabilities or {} for s in samples))
    )
    place = {label: i for i, label in enumerate(labels)}
    table = np.zeros((len(samples), len(labels)))
    for i, sample in enumerate(samples):
        for label, probability in (sample.score.probabilities or {}).items():
            table[i, place[label]] = probability
    return table, np.array([place[s.expected.strip()] for s in samples], dtype=np.int64)
