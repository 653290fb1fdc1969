# SPDX-License-Identifier: Apache-2.0
"""Money that a run may spend: set aside before a request goes out, settled when it is answered."""

from __future__ import annotations

from decimal import Decimal

__all__ = ["Budget"]


class Budget:
    """A limit that holds: what is spent and what is set aside never exceed it together.

    One budget is for all models of a run, which ask in one event loop.

    Attributes:
        limit: The most that may be spent.
        currency: Of all amounts.
        spent: So far.
        held: Set aside for what is under way.
    """

    __slots__ = ("currency", "held", "limit", "spent")

    def __init__(self, limit: Decimal, currency: str = "USD") -> None:
        """Set up an untouched budget."""
        self.limit = limit
        self.currency = currency
        self.spent = Decimal(0)
        self.held = Decimal(0)

    @property
    def left(self) -> Decimal:
        """Neither spent nor set aside; below 0 only where an answer cost more than it could."""
        return self.limit - self.spent - self.held

    def reserve(self, amount: Decimal) -> bool:
        """Set an amount aside; False, and nothing is set aside, where it no longer fits."""
        if amount > self.left:
            return False
        self.held += amount
        return True

    def settle(self, reserved: Decimal, actual: Decimal) -> None:
        """What was set aside is spent, in part or whole; the rest is free again."""
        self.held -= reserved
        self.spent += actual
