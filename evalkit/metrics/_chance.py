# SPDX-License-Identifier: Apache-2.0
"""Agreement beyond chance, with an interval also where all answers are right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._macro import beside_commonest, over_table
from evalkit.metrics._metric import scored
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import Counts

__all__ = ["beyond_chance"]


def beyond_chance(
    samples: Sequence[Sample],
    counted: Callable[[Sequence[Sample]], Counts],
    *,
    confidence: float,
    seed: int,
) -> Interval:
    """As `over_table`; where all answers are right, (w - pe) / (1 - pe) with Wilson's low end w.

    Chance pe = Σ eₖ², as given and expected labels are the same there: kappa and the correlation
    are 1, and every resample says so.
    """
    found = over_table(
        samples,
        counted,
        confidence=confidence,
        seed=seed,
        rests_on=beside_commonest,
        undefined="one label only: agreement beyond chance is not defined",
    )
    if found.value != 1.0:
        return found
    kept = scored(samples)
    sizes = Counter(s.expected.strip() for s in kept)
    chance = sum(n * n for n in sizes.values()) / len(kept) ** 2
    share = wilson(len(kept), len(kept), confidence=confidence)
    return replace(
        found,
        low=(share.low - chance) / (1 - chance),
        high=1.0,
        method="wilson",
        why="all answers right: Wilson's interval of the share, beyond chance",
    )
