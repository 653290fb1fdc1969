# SPDX-License-Identifier: Apache-2.0
"""What of an example is billed and learned when its end is cut off at the model's limit."""

from __future__ import annotations

from dataclasses import dataclass

from evalkit.tokens.chat import Layout, TrainingTokens

__all__ = ["Bill", "bill"]


@dataclass(frozen=True, slots=True)
class Bill:
    """One example in one epoch.

    Attributes:
        whole: Its tokens, nothing cut off.
        billed: Tokens billed, at most the limit.
        cookbook: The cookbook's figure, at most the limit, as its script does.
        learned: Tokens that the loss is computed on.
    """

    whole: TrainingTokens
    billed: int
    cookbook: int
    learned: int

    @property
    def lost(self) -> int:
        """Tokens of answers that are cut off and never learned."""
        return self.whole.learned - self.learned


def bill(layout: Layout, limit: int | None) -> Bill:
    """The bill of an example.

    OpenAI "removes tokens from the end of the training example" (its guide, copy of 2024-12): from
    the answer.

    Args:
        layout: Where its tokens lie.
        limit: The model's training limit in billed tokens; None = not known, nothing is cut off.
    """
    whole = layout.tokens
    if limit is None or whole.cookbook <= limit:
        return Bill(whole, whole.billed, whole.cookbook, whole.learned)
    return Bill(
        whole,
        billed=min(limit, whole.billed),
        cookbook=limit,
        learned=layout.learned_within(limit),
    )
