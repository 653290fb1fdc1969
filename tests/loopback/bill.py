# SPDX-License-Identifier: Apache-2.0
"""What a provider would have charged, request by request."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

__all__ = ["Bill", "Charge"]

_MILLION = Decimal(1_000_000)


class Charge(NamedTuple):
    """One answered request."""

    key: str
    model: str
    text: str  # of its last message
    prompt_tokens: int
    completion_tokens: int
    batch: bool
    usd: Decimal


@dataclass
class Bill:
    """All charges; prices per million tokens, by batch half of them."""

    input: Decimal = Decimal("1.00")
    output: Decimal = Decimal("4.00")
    charges: list[Charge] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def charge(
        self, key: str, model: str, text: str, prompt: int, completion: int, *, batch: bool
    ) -> None:
        usd = (prompt * self.input + completion * self.output) / _MILLION
        if batch:
            usd /= 2
        with self._lock:
            self.charges.append(Charge(key, model, text, prompt, completion, batch, usd))

    def total(self, key: str | None = None) -> Decimal:
        """Of one key, or of all."""
        return sum((c.usd for c in self.charges if key in (None, c.key)), Decimal(0))

    def twice(self) -> dict[str, int]:
        """Texts that were charged more than once, and how often."""
        times = Counter(c.text for c in self.charges)
        return {text: n for text, n in times.items() if n > 1}
