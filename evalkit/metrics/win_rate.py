# SPDX-License-Identifier: Apache-2.0
"""How often a judge finds the candidate's answer better than the base's, ties counting half."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._metric import metric, scored
from evalkit.statistics.preference import preference_mean

__all__ = ["HELD_AGAINST", "win_rate"]

# The `why` of the score of the model that others are held against: 1/2 by definition.
HELD_AGAINST = "what the other is held against"


@metric(unit="share", better="higher", pair="preference", scorer="judge")
def win_rate(samples: Sequence[Sample], *, label: str = "", confidence: float = 0.95) -> Interval:
    """(wins + ties/2) / n over the n judged pairs.

    Args:
        samples: Shape (n,) of one model, scored 1 (its answer was found better than the base's),
            0.5 (a tie, or the two orders disagree) or 0; pairs without a verdict (NaN) are left out
            and counted.
        label: The model that it is held against; "" = the base of the suite's first comparison.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], with the p of 1/2: (1 + Tango)/2 and the mid-p sign test (evaluation.md P5); the
        t interval where orders that disagree count as halves. n = 0: NaN. Of the base itself: 1/2,
        by definition, without an interval.
    """
    del label  # whose samples these are is chosen by it, before
    known = scored(samples)
    left_out = len(samples) - len(known)
    if known and all(s.score.why == HELD_AGAINST for s in known):
        return Interval(
            value=0.5,
            confidence=confidence,
            n=len(known),
            left_out=left_out,
            method="by definition",
            why=HELD_AGAINST,
        )
    found = preference_mean([s.score.value for s in samples], confidence=confidence)
    if isnan(found.value):
        return _undefined(found, samples)
    return found


def _undefined(found: Interval, samples: Sequence[Sample]) -> Interval:
    reasons = {s.score.why for s in samples if s.score.why}
    why = next(iter(reasons)) if len(reasons) == 1 else found.why
    return replace(found, why=why or "no pair was judged")
