# SPDX-License-Identifier: Apache-2.0
"""Share of replies that refuse."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.core.exchange import Reply
from evalkit.core.measure import Interval
from evalkit.core.refusals import begins_as_refusal
from evalkit.core.score import Sample
from evalkit.metrics._facts import answered, share
from evalkit.metrics._metric import metric

__all__ = ["refused"]


@metric(unit="share", better="lower", pair="binary")
def refused(samples: Sequence[Sample], *, confidence: float = 0.95) -> Interval:
    """Share of replies that the provider marks as refused or filtered, or that begin so.

    Args:
        samples: Shape (n,); failed requests are left out and counted.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1], Wilson interval. n = 0: NaN.
    """
    return share(values(samples), confidence=confidence)


@refused.each
def values(samples: Sequence[Sample]) -> list[float]:
    """1 or 0 for each reply, NaN where the request failed."""
    return answered(samples, _refused)


def _refused(reply: Reply) -> bool:
    return bool(reply.refusal) or reply.finish == "content_filter" or begins_as_refusal(reply.text)
