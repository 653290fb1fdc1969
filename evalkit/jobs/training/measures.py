# SPDX-License-Identifier: Apache-2.0
"""Loss and token accuracy of what is learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["Sum", "loss_of"]

_PIECE = 512  # positions whose logits are held at once


@dataclass(slots=True)
class Sum:
    """What some tokens said together.

    Attributes:
        loss: Sum of their cross entropies, in nats.
        right: Tokens that were the likeliest.
        tokens: In all.
    """

    loss: float = 0.0
    right: int = 0
    tokens: int = 0

    def add(self, loss: float, right: int, tokens: int) -> None:
        """More of them."""
        self.loss += loss
        self.right += right
        self.tokens += tokens

    @property
    def mean(self) -> float:
        """Cross entropy of a token; NaN of none."""
        return self.loss / self.tokens if self.tokens else nan

    @property
    def accuracy(self) -> float:
        """Share of tokens that were the likeliest, each after the right ones; NaN of none."""
        return self.right / self.tokens if self.tokens else nan


def loss_of(
    said: torch.Tensor, targets: torch.Tensor, logits: Callable[[torch.Tensor], torch.Tensor]
) -> tuple[torch.Tensor, int]:
    """The summed cross entropy, which gradients flow through, and how many tokens were right.

    A vocabulary's worth of numbers for each position fills the memory: with many positions they are
    computed piece by piece, and once more on the way back.

    Args:
        said: Shape (learned, width).
        targets: Shape (learned,), at least one.
        logits: Of a piece of `said`; shape (piece, vocabulary).
    """
    import torch
    from torch.utils.checkpoint import checkpoint

    def piece(part: torch.Tensor, wanted: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        found = logits(part)
        loss = torch.nn.functional.cross_entropy(found, wanted, reduction="sum")
        return loss, (found.detach().argmax(-1) == wanted).sum()

    if len(targets) <= _PIECE:
        loss, right = piece(said, targets)
        return loss, int(right)
    sums, count = [], 0
    for part, wanted in zip(said.split(_PIECE), targets.split(_PIECE), strict=True):
        loss, right = checkpoint(piece, part, wanted, use_reentrant=False)
        sums.append(loss)
        count += int(right)
    return torch.stack(sums).sum(), count
