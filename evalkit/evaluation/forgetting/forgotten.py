# SPDX-License-Identifier: Apache-2.0
"""What a run keeps of its forgetting set: the whole of it is a run of its own, in a subfolder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.core.measure import Difference, Measure

__all__ = ["Forgotten"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How the models do on the general set.

    Attributes:
        data: The set as the suite names it.
        task: Its task.
        primary: Its metric.
        rows: Questions in it.
        measures: Of the primary metric, of every model.
        differences: Of the primary metric, of every compared pair, over all rows.
        visible: The least difference that it shows at 80 % power; NaN where not known.
    """

    data: str
    task: str
    primary: str
    rows: int
    measures: Sequence[Measure]
    differences: Sequence[Difference]
    visible: float
