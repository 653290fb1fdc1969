# SPDX-License-Identifier: Apache-2.0
"""A run that is done, with what is known beside its result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.evaluation.asked import Asked
from evalkit.evaluation.result import Run

__all__ = ["Finished"]


@dataclass(frozen=True, slots=True)
class Finished:
    """A run and what is known of its time.

    Attributes:
        run: The result.
        timings: One mapping per answer of the first repeat: id, model, seconds.
        incomplete: One line per model whose answers are not all there.
        asked: What each model was sent and answered, for a recording.
        forgetting: The run of the general set, where the suite has one.
    """

    run: Run
    timings: Sequence[Mapping[str, object]] = ()
    incomplete: Sequence[str] = field(default_factory=tuple)
    asked: Mapping[str, Asked] = field(default_factory=dict)
    forgetting: Finished | None = None
