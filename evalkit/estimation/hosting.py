# SPDX-License-Identifier: Apache-2.0
"""What it costs to keep a tuned model up, whether it is asked or not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Literal

from evalkit.estimation.cost import EXACT, exactly, money
from evalkit.targets.card import HourlyPrice, ModelCard, Source

__all__ = ["HOURS_A_MONTH", "Hosting", "hosting"]

HOURS_A_MONTH = 730  # 365 days x 24 / 12: the month of the clouds' own price pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """What keeping a tuned model up costs.

    Attributes:
        kind: "free" = it costs nothing but its answers; "hourly" = it costs by the hour;
            "unknown" = no price is on record.
        price: Of an hour; None unless "hourly".
        per_month: Decimal string for 730 hours, in the price's currency; "0.00" where free; None =
            unknown.
        days: That were asked for.
        total: Decimal string for those days; None = none were asked for, or unknown.
        billed: Of "unknown": who says that it does cost something; None = nobody.
    """

    kind: Literal["free", "hourly", "unknown"]
    price: HourlyPrice | None
    per_month: str | None
    days: float | None
    total: str | None
    billed: Source | None = None


def hosting(card: ModelCard, *, days: float | None = None, tier: str | None = None) -> Hosting:
    """What keeping a tuned version of a model up costs.

    Args:
        card: Of the model.
        days: For the total, 0 or more; parts of a day count as they are.
        tier: The kind of deployment; None = the usual one. One that is not on record is unknown:
            no other one's price stands in for it.
    """
    price = _price(card, tier)
    if price is not None:
        with localcontext(EXACT):
            hour = Decimal(price.usd_per_hour)
            month = money(hour * HOURS_A_MONTH)
            total = None if days is None else money(hour * 24 * exactly(days))
        return Hosting(kind="hourly", price=price, per_month=month, days=days, total=total)
    if card.hosting_free and (tier is None or not card.hosting):
        free = money(Decimal(0))
        total = None if days is None else free
        return Hosting(kind="free", price=None, per_month=free, days=days, total=total)
    billed = card.source_of("hosting_free") if card.hosting_free is False else None
    return Hosting(kind="unknown", price=None, per_month=None, days=days, total=None, billed=billed)


def _price(card: ModelCard, tier: str | None) -> HourlyPrice | None:
    if tier is None:
        # Free by default: the hours are those of a deployment of one's own.
        return None if card.hosting_free or not card.hosting else card.hosting[0]
    return next((price for price in card.hosting if price.tier in (None, tier)), None)
