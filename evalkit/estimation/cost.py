# SPDX-License-Identifier: Apache-2.0
"""Money, exact: decimal strings, rounded nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from evalkit.targets.load import Price

__all__ = ["Cost", "cost", "money"]

OLD_DAYS = 180  # a price older than this is said to be old


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A sum and where its price comes from.

    Attributes:
        amount: Decimal string with at least two places, exact.
        currency: ISO 4217.
        as_of: When the source gave the price.
        source: Where it stands.
        usd_per_mtok: The price.
    """

    amount: str
    currency: str
    as_of: date
    source: str
    usd_per_mtok: str

    def old(self, today: date) -> bool:
        """Whether the price is older than 180 days."""
        return (today - self.as_of).days > OLD_DAYS


def cost(tokens: int, price: Price | None) -> Cost | None:
    """What training on that many tokens, over all epochs, costs; None where no price is known."""
    if price is None:
        return None
    return Cost(
        amount=money((Decimal(tokens) * Decimal(price.usd_per_mtok)).scaleb(-6)),
        currency=price.currency,
        as_of=price.as_of,
        source=price.source,
        usd_per_mtok=price.usd_per_mtok,
    )


def money(amount: Decimal) -> str:
    """A sum with all its places, at least two, none of them a needless zero."""
    plain = format(amount.normalize(), "f")
    whole, _, places = plain.partition(".")
    return f"{whole}.{places:0<2}"
