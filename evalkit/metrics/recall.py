# SPDX-License-Identifier: Apache-2.0
"""Of the samples that expect a label, the share that got it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isnan, nan

from evalkit.core.measure import Interval
from evalkit.core.score import Sample
from evalkit.metrics._confusion import Labels
from evalkit.metrics._metric import metric
from evalkit.statistics.proportion import wilson

__all__ = ["recall"]


@metric(unit="share", better="higher", pair="binary", scorer="label-logprob")
def recall(samples: Sequence[Sample], *, label: str, confidence: float = 0.95) -> Interval:
    """TP / (TP + FN) of one label.

    Args:
        samples: Shape (n,); those that expect another label do not count, unscored ones (NaN) of
            this label are left out and counted.
        label: Such as "refund"; `recall[refund]` in suites.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], Wilson interval; n = samples that expect the label. None does: NaN.
    """
    x = values(samples, label=label)
    known = [v for v in x if not isnan(v)]
    found = wilson(sum(known), len(known), confidence=confidence, left_out=len(x) - len(known))
    return found if x else replace(found, why="no sample expects the label")


@recall.each
def values(samples: Sequence[Sample], *, label: str) -> list[float]:
    """1 or 0 for each sample that expects the label, NaN where it is not scored."""
    known = Labels([label, *{s.expected for s in samples}])  # "A" is not "a" where both are labels
    wanted = known.place(label)
    return [
        nan if isnan(s.score.value) else float(known.place(s.score.answer) == wanted)
        for s in samples
        if known.place(s.expected) == wanted
    ]


@recall.looks_at
def looks_at(samples: Sequence[Sample], *, label: str) -> list[bool]:
    """Those that expect the label."""
    known = Labels([label, *{s.expected for s in samples}])
    wanted = known.place(label)
    return [known.place(s.expected) == wanted for s in samples]
