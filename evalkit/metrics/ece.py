# SPDX-License-Identifier: Apache-2.0
"""Whether 80 % means 80 %."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._few import careful
from evalkit.metrics._metric import metric
from evalkit.metrics._probabilities import of_label, said, top, without
from evalkit.statistics.resample import Statistic

__all__ = ["ece"]


@metric(
    unit="share", better="lower", pair="resample", scorer="label-logprob", reads="probabilities"
)
def ece(
    samples: Sequence[Sample],
    *,
    label: str | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Σ_b (n_b/n) |mean probability - share right| over 15 bins of about as many samples each.

    Without a label: of the greatest probability against whether the answer is right. With one: of
    its probability against whether it was expected. Equal probabilities stay in one bin. Never 0
    by chance: of honest probabilities it is about 0.8 √(p (1 - p) 15/n), so hold models against
    each other rather than against 0.

    Args:
        samples: Shape (n,); those without probabilities are left out and counted.
        label: `ece[spam]` in suites.
        confidence: Of the interval, in (0, 1).
        seed: Of the bootstrap.

    Returns:
        In [0, 1]; basic bootstrap of samples, 2,000 draws, which cut their own bins. n = 0: NaN.
        Fewer than 5 right or 5 wrong: no interval.
    """
    from evalkit.statistics.calibration import ece_interval

    kept = said(samples)
    outcomes, probabilities = _pairs(kept, label)
    found = ece_interval(probabilities, outcomes, confidence=confidence, seed=seed)
    found = careful(found, smallest(kept, label=label))
    return without(found, samples, kept)


@ece.counted
def counts(samples: Sequence[Sample], *, label: str | None = None) -> Statistic:
    """For resampling; every sample has probabilities."""
    from evalkit.statistics.calibration import CalibrationError

    outcomes, probabilities = _pairs(samples, label)
    return CalibrationError(probabilities, outcomes)


@ece.smallest
def smallest(samples: Sequence[Sample], *, label: str | None = None) -> int:
    """How many are right, or wrong, whichever are fewer."""
    outcomes, _ = _pairs(said(samples), label)
    right = sum(outcomes)
    return min(right, len(outcomes) - right)


def _pairs(samples: Sequence[Sample], label: str | None) -> tuple[list[int], list[float]]:
    return top(samples) if label is None else of_label(samples, label)
