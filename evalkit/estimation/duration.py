# SPDX-License-Identifier: Apache-2.0
"""How long a job may take: a range between the paces of real ones, with its basis."""

from __future__ import annotations

from math import ceil, floor

from evalkit.estimation.facts import Duration
from evalkit.targets.card import Source
from evalkit.targets.job_rules import Timing, Training

__all__ = ["duration"]

_FEWEST = 2  # one job is no range


def duration(tokens: int, training: Training, model: str) -> Duration | None:
    """The time from sending a job to its end.

    The least is the tokens at the pace of the fastest real job; the most is the tokens at the pace
    of the slowest, after the longest queue that is on record. Jobs of the same model are taken
    where there are two of them, else all of the provider's.

    Args:
        tokens: Billed, over all epochs.
        training: With the real jobs that are on record.
        model: What is trained.

    Returns:
        None without tokens, or where fewer than two jobs are on record.
    """
    known = [one for one in training.timings if one.tokens > 0 and one.seconds > 0]
    same = [one for one in known if one.model == model]
    jobs = same if len(same) >= _FEWEST else known
    if tokens <= 0 or len(jobs) < _FEWEST:
        return None
    fastest = min(jobs, key=_pace)
    slowest = max(jobs, key=_pace)
    queue = max((one.queue_seconds or 0 for one in jobs), default=0)
    return Duration(
        least=floor(tokens * fastest.seconds / fastest.tokens),
        most=ceil(tokens * slowest.seconds / slowest.tokens) + queue,
        jobs=len(jobs),
        basis=tuple(dict.fromkeys(Source(one.as_of, one.source) for one in jobs)),
    )


def _pace(timing: Timing) -> float:
    """Seconds for a token."""
    return timing.seconds / timing.tokens
