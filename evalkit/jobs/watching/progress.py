# SPDX-License-Identifier: Apache-2.0
"""How far a training is, as far as its job and its events say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite

from evalkit.jobs.job import Event, Job
from evalkit.jobs.results.metrics_file import MEANINGS

__all__ = ["Progress", "progressed"]

_STEPS = re.compile(r"\bStep ([0-9]{1,9})\s*(?:/|of)\s*([0-9]{1,9})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is.

    Attributes:
        step: The last one that was told; None = none yet.
        of: Steps in all; None = not known.
        metrics: The last value of each meaning of `metrics_file.MEANINGS`.
        first: Step and Unix time of the first step that was told.
        latest: Likewise of the last one.
    """

    step: int | None = None
    of: int | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    first: tuple[int, float] | None = None
    latest: tuple[int, float] | None = None

    @property
    def share(self) -> float | None:
        """Of the steps that are done, in [0, 1]; None = not known."""
        if self.step is None or not self.of:
            return None
        return min(1.0, self.step / self.of)

    def left(self, job: Job, now: float) -> float | None:
        """Seconds until the end: by the provider's word, else at the pace of the steps so far.

        Args:
            job: As it stands.
            now: Unix time.
        """
        if job.estimated_finish is not None:
            return job.estimated_finish - now if job.estimated_finish > now else None
        if self.first is None or self.latest is None or self.of is None or self.step is None:
            return None
        steps, seconds = self.latest[0] - self.first[0], self.latest[1] - self.first[1]
        if job.state != "running" or steps <= 0 or seconds <= 0 or self.of <= self.step:
            return None
        return (self.of - self.step) * seconds / steps


def progressed(progress: Progress, event: Event) -> Progress:
    """The progress after an event."""
    found = _STEPS.search(event.text[:400])
    step = event.step if event.step is not None else int(found[1]) if found else None
    of = int(found[2]) if found else progress.of
    metrics = {**progress.metrics, **_metrics(event)}
    if step is None:
        return replace(progress, metrics=metrics, of=of)
    return Progress(
        step=max(step, progress.step or 0),
        of=of,
        metrics=metrics,
        first=progress.first or (step, event.time),
        latest=(step, event.time),
    )


def _metrics(event: Event) -> dict[str, float]:
    found = {}
    for meaning, names in MEANINGS.items():
        for name in names:
            if isfinite(value := event.metrics.get(name, float("nan"))):
                found[meaning] = value
                break
    return found
