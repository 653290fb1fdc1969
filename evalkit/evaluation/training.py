# SPDX-License-Identifier: Apache-2.0
"""What a run keeps of the job that made its candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Training"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """The job that made the candidate, as `evalkit estimate` reckons it.

    Attributes:
        cost: Decimal string.
        currency: Of it.
        epochs: That the provider takes by itself.
        tokens: Billed, all epochs.
        as_of: Date of the price, ISO.
        source: Where it stands.
        verdict: "repaid", or "never": an answer is no cheaper than one of the base.
        calls: Fewest answers whose savings cover the training, on prompts like these.
    """

    cost: str
    currency: str
    epochs: int
    tokens: int
    as_of: str
    source: str
    verdict: Literal["repaid", "never"]
    calls: int | None = None
