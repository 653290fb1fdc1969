# SPDX-License-Identifier: Apache-2.0
"""A threshold on the probability of one label: choosing it, and answers by it."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan
from typing import Literal

from evalkit.core.score import Sample, Score
from evalkit.metrics._probabilities import of_label, said

__all__ = ["CRITERIA", "POSITIVE", "REST", "SCORER", "Criterion", "at_threshold", "best_threshold"]

Criterion = Literal["f1", "balanced_accuracy", "accuracy"]
CRITERIA: tuple[Criterion, ...] = ("f1", "balanced_accuracy", "accuracy")
POSITIVE, REST = "(positive)", "(rest)"
# Whose samples the metrics at a threshold read: those of `at_threshold`, made from label-logprob.
SCORER = "label-at-threshold"


def best_threshold(samples: Sequence[Sample], positive: str, criterion: Criterion) -> float:
    """The threshold t that makes the criterion greatest where "p >= t" is answered positive.

    Candidates lie halfway between neighbouring probabilities, and beyond the ends; of several that
    are equally good the one nearest 1/2 is taken.

    Args:
        samples: Shape (n,), of the validation set; those without probabilities are left out.
        positive: The label.
        criterion: F1 of the positive label, the mean of its recall and the rest's, or accuracy.

    Returns:
        In [0, 1]; NaN where the label or the rest is absent.
    """
    import numpy as np

    outcomes, probabilities = of_label(said(samples), positive)
    wanted, p = np.array(outcomes, dtype=float), np.array(probabilities, dtype=float)
    many, rest = float(wanted.sum()), float((1 - wanted).sum())
    if not many or not rest:
        return nan
    distinct, place = np.unique(p, return_inverse=True)
    below = np.bincount(place, weights=wanted, minlength=distinct.size).cumsum()
    below_rest = np.bincount(place, weights=1 - wanted, minlength=distinct.size).cumsum()
    # With cut i all distinct values from i on are answered positive.
    hits = many - np.concatenate([[0.0], below])
    alarms = rest - np.concatenate([[0.0], below_rest])
    worth = {
        "f1": 2 * hits / (many + hits + alarms),
        "balanced_accuracy": (hits / many + 1 - alarms / rest) / 2,
        "accuracy": (hits + rest - alarms) / (many + rest),
    }[criterion]
    edges = np.concatenate([[0.0], (distinct[1:] + distinct[:-1]) / 2, [1.0]])
    if distinct[-1] >= 1.0:  # nothing lies above 1: this cut cannot be made
        worth[-1] = -1.0
    best = np.flatnonzero(worth >= worth.max() - 1e-12)
    return float(edges[best[np.argmin(np.abs(edges[best] - 0.5))]])


def at_threshold(samples: Sequence[Sample], positive: str, threshold: float) -> list[Sample]:
    """The samples with what the threshold answers: the positive label or the rest.

    Args:
        samples: Shape (n,), with probabilities; those without stay unscored.
        positive: The label.
        threshold: Answered positive where its probability is at least this; NaN = unscored.
    """
    return [_answered(sample, positive, threshold) for sample in samples]


def _answered(sample: Sample, positive: str, threshold: float) -> Sample:
    expected = POSITIVE if sample.expected.strip() == positive else REST
    probabilities = sample.score.probabilities
    if probabilities is None or isnan(threshold):
        why = "no label probabilities" if probabilities is None else "no threshold could be chosen"
        score = Score(nan, why=sample.score.why or why)
    else:
        answer = POSITIVE if probabilities.get(positive, 0.0) >= threshold else REST
        score = Score(float(answer == expected), answer=answer)
    return Sample(
        id=sample.id,
        score=score,
        expected=expected,
        reply=sample.reply,
        slices=sample.slices,
        cluster=sample.cluster,
        seconds=sample.seconds,
        cost=sample.cost,
    )
