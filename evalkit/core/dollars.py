# SPDX-License-Identifier: Apache-2.0
"""Budgets as people write them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

__all__ = ["dollars"]

_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?", re.ASCII)


def dollars(written: str | float | Decimal) -> Decimal | None:
    """A sum such as 12.5, "$12.50" or "1,000"; None for what is none.

    A comma parts thousands only: "0,50", half a dollar in much of Europe, would else be fifty.
    """
    text = str(written).strip().removeprefix("$").strip()
    if "," in text and not _GROUPED.fullmatch(text):
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount >= 0 else None
