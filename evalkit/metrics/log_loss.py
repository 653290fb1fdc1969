# SPDX-License-Identifier: Apache-2.0
"""How surprised a model was by what was right."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric
from evalkit.metrics._probabilities import as_table, of_label, said
from evalkit.metrics._probability_mean import probability_mean, spread_out

__all__ = ["log_loss"]


@metric(unit="nats", better="lower", pair="mean", scorer="label-logprob", reads="probabilities")
def log_loss(
    samples: Sequence[Sample], *, label: str | None = None, confidence: float = 0.95
) -> Interval:
    """-(1/n) Σ ln pᵢ, pᵢ = the probability of what was right.

    Probabilities are kept 2.2e-16 away from 0 and 1, so that one confident mistake costs 36 and
    not infinity. Equal to scikit-learn's `log_loss`.

    Args:
        samples: Shape (n,); those without probabilities are left out and counted.
        label: Of that label against the rest; `log_loss[spam]` in suites.
        confidence: Of the interval, in (0, 1).

    Returns:
        At least 0, in nats; 0 is best, ln K is what equal shares of K labels get. Student's t
        interval, cut at 0. n = 0: NaN; n = 1: no interval.
    """
    return probability_mean(samples, values(samples, label=label), confidence=confidence)


@log_loss.each
def values(samples: Sequence[Sample], *, label: str | None = None) -> list[float]:
    """The loss of each sample, NaN without probabilities."""
    from evalkit.statistics.calibration import log_loss_each

    kept = said(samples)
    if not kept:
        return [nan] * len(samples)
    if label is not None:
        wanted, p = of_label(kept, label)
        return spread_out(samples, log_loss_each(p, wanted))
    return spread_out(samples, log_loss_each(*as_table(kept)))
