# SPDX-License-Identifier: Apache-2.0
"""The mean of a scorer, as a metric: for every scorer that has no metric of its own name."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import isnan
from typing import Literal

from evalkit.core.measure import Better, Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import Metric
from evalkit.statistics.mean import mean
from evalkit.statistics.proportion import wilson

__all__ = ["metric_of"]


@cache
def metric_of(
    name: str,
    *,
    pair: Literal["binary", "mean"] = "mean",
    unit: str = "share",
    better: Better = "higher",
) -> Metric:
    """The metric (1/n) Σ xᵢ over the n scored samples of a scorer.

    Args:
        name: Of the scorer, such as "numeric"; that of the metric too, with _ for -.
        pair: "binary" where every known value is 0 or 1: Wilson's interval, Tango's for pairs;
            "mean": Student's t, sign flips.
        unit: "share" for values in [0, 1], whose interval is cut there.
        better: Which direction is good.
    """

    def of(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
        values = [s.score.value for s in samples]
        known = [v for v in values if not isnan(v)]
        if pair == "binary":
            left_out = len(values) - len(known)
            return wilson(sum(known), len(known), confidence=confidence, left_out=left_out)
        bounds = (0.0, 1.0) if unit == "share" else None
        return mean(values, confidence=confidence, bounds=bounds)

    of.__name__ = name.replace("-", "_")
    of.__doc__ = f"Mean of the scorer `{name}` over the scored samples."
    return Metric(of, unit=unit, better=better, pair=pair, scorer=name)
