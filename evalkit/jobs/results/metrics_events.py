# SPDX-License-Identifier: Apache-2.0
"""Metrics out of a job's events, for jobs that have no file of them, or not yet."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite, nan

from evalkit.jobs.job import Event
from evalkit.jobs.results.metrics_file import Metrics

__all__ = ["metrics_of"]


def metrics_of(events: Iterable[Event], source: str = "the job's events") -> Metrics | None:
    """What events of steps measured; None where none did. Of one step the later values count.

    Args:
        events: Oldest first.
        source: For messages.
    """
    found: dict[int, dict[str, float]] = {}
    for event in events:
        measured = {name: v for name, v in event.metrics.items() if isfinite(v)}
        if event.step is not None and measured:
            found[event.step] = {**found.get(event.step, {}), **measured}
    if not found:
        return None
    rows = sorted(found.items())
    names = dict.fromkeys(name for _, values in rows for name in values if name != "step")
    return Metrics(
        columns={
            "step": tuple(float(step) for step, _ in rows),
            **{name: tuple(values.get(name, nan) for _, values in rows) for name in names},
        },
        kind="steps",
        source=source,
    )
