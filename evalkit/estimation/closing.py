# SPDX-License-Identifier: Apache-2.0
"""Whether a model still takes jobs and answers, and who else trains on such rows; no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from evalkit.targets.load import ModelCard, Target

__all__ = ["Closing", "closing", "still_training"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A model with an end.

    Attributes:
        state: "announced" (still takes jobs), "no-jobs" (takes none, tuned versions answer) or
            "gone" (tuned versions do not answer any more).
        last_training: From this day on no new job; None = not known.
        retires: On this day tuned versions stop; None = not known.
        source: Who says so.
        as_of: When.
    """

    state: Literal["announced", "no-jobs", "gone"]
    last_training: date | None
    retires: date | None
    source: str
    as_of: date


def closing(card: ModelCard, today: date) -> Closing | None:
    """How the model stands on a day; None where no end is known."""
    if card.retires is None and card.last_training is None:
        return None
    state: Literal["announced", "no-jobs", "gone"] = "announced"
    if card.retires is not None and card.retires <= today:
        state = "gone"
    elif card.last_training is not None and card.last_training <= today:
        state = "no-jobs"
    return Closing(
        state=state,
        last_training=card.last_training,
        retires=card.retires,
        source=card.source,
        as_of=card.as_of,
    )


def still_training(
    targets: Iterable[Target], formats: Sequence[str], *, besides: str = ""
) -> list[str]:
    """Names of the targets that read all these layouts and have announced no end of training.

    Args:
        targets: To choose from.
        formats: Names of the layouts of the rows; none = nothing can be said.
        besides: A target that is left out.
    """
    if not formats:
        return []
    return [
        target.name
        for target in targets
        if target.name != besides
        and target.last_training is None
        and set(formats) <= set(target.formats)
    ]
