# SPDX-License-Identifier: Apache-2.0
"""The curves of label probabilities that a report may draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isinf, nan

from evalkit.core.score import Sample
from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.result import Curves
from evalkit.evaluation.scoring import Samples
from evalkit.metrics._probabilities import said
from evalkit.metrics._reliability import reliability
from evalkit.metrics._roc import Point, capped, pr_points, roc_points

__all__ = ["MOST_POINTS", "curves_of"]

MOST_POINTS = 200
_MOST_LABELS = 20
_READS = "label-logprob"
_UNASKED = "auroc"  # every classification has it; alone it is no reason to keep curves


def curves_of(
    samples: Mapping[str, Samples],
    metrics: Sequence[Chosen],
    labels: Sequence[str],
    positive: str | None,
) -> tuple[Curves, ...]:
    """Of every model: reliability of its answers; ROC, precision-recall and reliability by label.

    Kept where the suite names a positive label or a metric of probabilities: of that label, else of
    the first 20; of two labels without a positive one the first in the alphabet, as `auroc`.

    Args:
        samples: Model name to samples by scorer; all repeats count.
        metrics: Of the run.
        labels: Of the classification.
        positive: The suite's positive label.
    """
    asked = positive is not None or any(
        one.metric.reads == "probabilities" and one.name != _UNASKED for one in metrics
    )
    if not asked or not labels:
        return ()
    shown = [positive] if positive else sorted(labels)[:1] if len(labels) <= 2 else labels
    return tuple(
        curve
        for model, by_scorer in samples.items()
        for curve in _of_model(model, by_scorer.get(_READS, ()), shown[:_MOST_LABELS])
    )


def _of_model(
    model: str, repeats: Sequence[Sequence[Sample]], labels: Sequence[str]
) -> Iterator[Curves]:
    kept = said([sample for repeat in repeats for sample in repeat])
    if not kept:
        return
    yield Curves(model=model, label=None, roc=(), pr=(), reliability=tuple(reliability(kept)))
    for label in labels:
        yield Curves(
            model=model,
            label=label,
            roc=_stored(roc_points(kept, label)),
            pr=_stored(pr_points(kept, label)),
            reliability=tuple(reliability(kept, label)),
        )


def _stored(points: Sequence[Point]) -> tuple[Point, ...]:
    """Rounded to six digits; infinity, which JSON has not, is NaN."""
    return tuple(
        (round(x, 6), round(y, 6), nan if isinf(t) else round(t, 6))
        for x, y, t in capped(points, MOST_POINTS)
    )
