# SPDX-License-Identifier: Apache-2.0
"""Money, exact: decimal strings, rounded nowhere but in words for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, localcontext

from evalkit.targets.card import Price, Source

__all__ = ["EXACT", "Cost", "cost", "exactly", "money", "spoken"]

# Sums and products of prices and counts need some dozens of digits; what would be rounded raises.
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation, DivisionByZero])
_SPOKEN = 4  # significant digits of small sums in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A sum and where its price comes from.

    Attributes:
        amount: Decimal string with at least two places, exact.
        currency: ISO 4217.
        as_of: When the source gave the price.
        source: Where it stands.
        usd_per_mtok: The price, in `currency`.
        tier: Of the price, such as "global"; None = there is one.
        minimum_applied: Whether the tokens alone cost less than the provider's least sum of a job,
            which `amount` is then.
    """

    amount: str
    currency: str
    as_of: date
    source: str
    usd_per_mtok: str
    tier: str | None = None
    minimum_applied: bool = False

    def old(self, today: date) -> bool:
        """Whether the price is older than 180 days."""
        return Source(self.as_of, self.source).old(today)


def cost(tokens: int, price: Price | None) -> Cost | None:
    """What one job costs; None where no price is known.

    Args:
        tokens: Billed over all epochs, billed validation included; 0 = there is no job, so no least
            sum applies either.
        price: Its `minimum` is the least sum of a job.
    """
    if price is None:
        return None
    with localcontext(EXACT):
        amount = (Decimal(tokens) * Decimal(price.usd_per_mtok)).scaleb(-6)
    least = Decimal(price.minimum) if price.minimum is not None and tokens else Decimal(0)
    return Cost(
        amount=money(max(amount, least)),
        currency=price.currency,
        as_of=price.as_of,
        source=price.source,
        usd_per_mtok=price.usd_per_mtok,
        tier=price.tier,
        minimum_applied=amount < least,
    )


def exactly(number: float | str | Decimal) -> Decimal:
    """A number as it is written: 0.1 is one tenth, not the binary fraction next to it."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


def money(amount: Decimal) -> str:
    """A sum with all its places, at least two, none of them a needless zero."""
    whole, _, places = format(amount, "f").partition(".")
    return f"{whole}.{places.rstrip('0'):0<2}"


def spoken(amount: Decimal | str, currency: str = "USD") -> str:
    """A sum for a sentence: "$1,241.00", "$0.00036", "12.50 CNY".

    Places beyond the second are kept as far as the fourth significant digit.
    """
    exact = Decimal(amount)
    places = max(2, _SPOKEN - 1 - exact.adjusted()) if exact else 2
    whole, _, rest = f"{abs(exact):,.{places}f}".partition(".")
    plain = f"{whole}.{rest.rstrip('0'):0<2}"
    sign = "-" if exact < 0 else ""
    return f"{sign}${plain}" if currency == "USD" else f"{sign}{plain} {currency}"
