# SPDX-License-Identifier: Apache-2.0
"""The points of ROC and precision-recall curves of one label against the rest."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from evalkit.core.score import Sample
from evalkit.metrics._probabilities import of_label, said
from evalkit.statistics.arrays import Array

__all__ = ["Point", "capped", "pr_points", "roc_points"]

Point = tuple[float, float, float]


def roc_points(samples: Sequence[Sample], label: str) -> list[Point]:
    """(false positive rate, recall, threshold) for every distinct probability, from high to low.

    Begins with (0, 0, inf), ends with (1, 1, least probability). A class absent: no points.

    Args:
        samples: Shape (n,); those without probabilities are left out.
        label: The positive one.
    """
    hits, alarms, thresholds = _cumulated(samples, label)
    if not len(hits) or not hits[-1] or not alarms[-1]:
        return []
    rows = zip(alarms / alarms[-1], hits / hits[-1], thresholds, strict=True)
    return [(0.0, 0.0, inf), *((float(x), float(y), float(t)) for x, y, t in rows)]


def pr_points(samples: Sequence[Sample], label: str) -> list[Point]:
    """(recall, precision, threshold) for every distinct probability, from high to low.

    The area in steps is `auprc`. No sample of the label: no points.

    Args:
        samples: Shape (n,); those without probabilities are left out.
        label: The positive one.
    """
    hits, alarms, thresholds = _cumulated(samples, label)
    if not len(hits) or not hits[-1]:
        return []
    rows = zip(hits / hits[-1], hits / (hits + alarms), thresholds, strict=True)
    return [(float(x), float(y), float(t)) for x, y, t in rows]


def capped(points: Sequence[Point], most: int) -> list[Point]:
    """At most so many points, the first and the last among them, evenly along the curve."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(i * step)] for i in range(most)]


def _cumulated(samples: Sequence[Sample], label: str) -> tuple[Array, Array, Array]:
    """Of the samples at or above each distinct probability: positives, others, and it."""
    import numpy as np

    outcomes, probabilities = of_label(said(samples), label)
    thresholds, place = np.unique(np.array(probabilities, dtype=float), return_inverse=True)
    wanted = np.array(outcomes, dtype=float)
    size = len(thresholds)
    hits = np.bincount(place, weights=wanted, minlength=size)[::-1].cumsum()
    alarms = np.bincount(place, weights=1 - wanted, minlength=size)[::-1].cumsum()
    return hits, alarms, thresholds[::-1]
