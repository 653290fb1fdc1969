# SPDX-License-Identifier: Apache-2.0
"""What each answer cost: for intervals of costs and of their ratios."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import nan

from evalkit.evaluation.asked import Asked
from evalkit.evaluation.rows import repeats_of
from evalkit.evaluation.suite import Suite
from evalkit.models.price import cost_of, rate_of

__all__ = ["row_costs"]


def row_costs(suite: Suite, answered: Mapping[str, Asked]) -> Callable[[str], Sequence[float]]:
    """The cost of 1,000 answers to each question, by model; worked out once, when asked for.

    Args:
        suite: With the models' prices.
        answered: Model name to answers.

    Returns:
        Model name to shape (n,): the mean over a question's repeats, NaN where no price or no
        token counts are known, or no repeat was answered. In the price's currency.
    """

    @cache
    def costs(model: str) -> tuple[float, ...]:
        asked = answered[model]
        rate = rate_of(suite.models[model])
        found = []
        for replies in zip(*repeats_of(asked), strict=True):
            good = [reply for reply in replies if reply.finish != "error"]
            whole = cost_of(good, rate, batch=asked.batch) if good else None
            found.append(nan if whole is None else float(whole * 1000 / len(good)))
        return tuple(found)

    return costs
