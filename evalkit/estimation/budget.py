# SPDX-License-Identifier: Apache-2.0
"""Whether a sum stays within a budget: the gate of `--budget`."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import Literal

from evalkit.estimation.cost import EXACT, Cost

__all__ = ["held"]

_CURRENCY = "USD"  # that budgets are given in


def held(
    cost: Cost | None,
    budget: Decimal,
    *,
    more: Sequence[str | None] = (),
    doubtful: bool = False,
) -> Literal["within", "over", "unknown"]:
    """How a sum stands against a budget; one that equals it is within.

    Args:
        cost: Of the job: its training and the validation that is billed; None = not known.
        budget: In US dollars.
        more: What else is held against it, such as the totals of hosting and of an evaluation run,
            as decimal strings in US dollars; None = one that is not known.
        doubtful: Whether the job may cost more than `cost`, or not be taken at all.

    Returns:
        "over" as soon as what is known is over it; "unknown" where it is not and something is
        missing or in another currency: nothing is converted.
    """
    known = cost is not None and cost.currency == _CURRENCY
    with localcontext(EXACT):
        total = sum((Decimal(part) for part in more if part is not None), Decimal(0))
        if cost is not None and known:
            total += Decimal(cost.amount)
    if total > budget:
        return "over"
    return "within" if known and None not in more and not doubtful else "unknown"
