# SPDX-License-Identifier: Apache-2.0
"""How often a model says what another said before."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric, scored
from evalkit.statistics.proportion import wilson

__all__ = ["agreement"]


@metric(unit="share", better="higher", pair="binary", scorer="label-logprob")
def agreement(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """(1/n) Σ xᵢ over the n scored samples, xᵢ = 1 where the answer is the recorded one.

    For suites whose expected answers are a recording (`expected: answers.jsonl`): labels are
    compared as labels, other answers as texts (scorer `exact`). What it says of chance, see
    `kappa`.

    Args:
        samples: Shape (n,); unscored ones (NaN) are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; Wilson (1927), JASA 22, 209-212. n = 0: NaN.
    """
    x = [s.score.value for s in scored(samples)]
    return wilson(sum(x), len(x), confidence=confidence, left_out=len(samples) - len(x))
