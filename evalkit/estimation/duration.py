# SPDX-License-Identifier: Apache-2.0
"""How long a job may take: a range between real ones, with its basis."""

from __future__ import annotations

from math import ceil, floor

from evalkit.estimation.facts import Duration
from evalkit.targets.card import Source
from evalkit.targets.job_rules import Timing, Training

__all__ = ["duration"]

_FEWEST = 2  # one job is no range
_ALIKE = 10  # times as many tokens, or as few: what is further away says nothing


def duration(tokens: int, training: Training, model: str) -> Duration | None:
    """The time from sending a job to its end.

    A job takes some time whatever its size, and more the more tokens it has. So a real job of fewer
    tokens gives two bounds: its own time, and that at its pace; one of more tokens gives the same
    two the other way round. The range holds all of them; its end is after the longest queue that is
    on record, and nothing is said to be faster than the fastest real job. Only jobs of a tenth to
    ten times the tokens count; those of the same model alone where there are two of them.

    Args:
        tokens: Billed, over all epochs.
        training: With the real jobs that are on record.
        model: What is trained.

    Returns:
        None without tokens, or where fewer than two such jobs are on record.
    """
    known = [one for one in training.timings if one.tokens > 0 and one.seconds > 0]
    alike = [
        one for one in known if tokens <= one.tokens * _ALIKE and one.tokens <= tokens * _ALIKE
    ]
    same = [one for one in alike if one.model == model]
    jobs = same if len(same) >= _FEWEST else alike
    if tokens <= 0 or len(jobs) < _FEWEST:
        return None
    bounds = [second for one in jobs for second in (one.seconds, _at_its_pace(one, tokens))]
    queue = max((one.queue_seconds or 0 for one in jobs), default=0)
    return Duration(
        least=max(floor(min(bounds)), min(one.seconds for one in known)),
        most=ceil(max(bounds)) + queue,
        jobs=len(jobs),
        basis=tuple(dict.fromkeys(Source(one.as_of, one.source) for one in jobs)),
    )


def _at_its_pace(timing: Timing, tokens: int) -> float:
    return tokens * timing.seconds / timing.tokens
