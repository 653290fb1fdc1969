# SPDX-License-Identifier: Apache-2.0
"""Where the tokens of one example lie: what is needed to bill it, to share it out and to cut it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Layout", "Span", "TrainingTokens"]


@dataclass(frozen=True, slots=True)
class TrainingTokens:
    """Tokens of one training example in one epoch, nothing cut off.

    Attributes:
        billed: As its provider bills them, or as the model's template frames them.
        cookbook: As the cookbook's check script counts them.
        learned: Tokens that the loss is computed on: what assistant messages say and call, but for
            those with a `weight` or `loss_weight` of 0.
    """

    billed: int
    cookbook: int
    learned: int


class Span(NamedTuple):  # many are made: a tuple is made four times as fast as a frozen dataclass
    """The tokens of one message, in the order in which they stand: overhead, images, what is said.

    Attributes:
        overhead: Frame, role and name.
        said: Texts and calls.
        learns: Whether the loss is computed on what is said.
        images: Of its images.
    """

    overhead: int
    said: int
    learns: bool
    images: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the tokens of one example lie.

    Attributes:
        before: Tokens before the first message: priming and tool definitions.
        tools: Of them, those of tool definitions.
        messages: The tokens of each message.
        extra: Tokens that only the cookbook's script counts; negative where the model's template
            spends more on a message than the script does. It knows no images.
    """

    before: int
    tools: int = 0
    messages: tuple[Span, ...]
    extra: int

    @property
    def tokens(self) -> TrainingTokens:
        """The sums over the whole example."""
        texts, learned, images = self.before, 0, 0
        for overhead, said, learns, shown in self.messages:
            texts += overhead + said
            images += shown
            if learns:
                learned += said
        return TrainingTokens(texts + images, texts + self.extra, learned)

    def learned_within(self, limit: int) -> int:
        """Learned tokens that are left when everything after `limit` billed tokens is cut off."""
        left, learned = limit - self.before, 0
        for overhead, said, learns, images in self.messages:
            left -= overhead + images
            kept = min(said, max(0, left))
            learned += kept if learns else 0
            left -= said
        return learned
