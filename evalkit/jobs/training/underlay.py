# SPDX-License-Identifier: Apache-2.0
"""What the layers below the adapter say: it never changes, so it is computed once and kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evalkit.jobs.training.encode import Row
from evalkit.jobs.training.network import Network
from evalkit.jobs.training.packing import Pack, packed, packs

if TYPE_CHECKING:
    import torch

__all__ = ["Underlay"]

_MOST_BYTES = 2**30  # of memory; what does not fit is computed anew each time
_TOGETHER = 16  # rows of a pack on the first way through
_BYTES = 4


class Underlay:
    """States of some rows before the first adapted layer."""

    def __init__(self, network: Network, rows: Sequence[Row]) -> None:
        self._network = network
        self._rows = rows
        self._heads: dict[int, torch.Tensor] = {}
        self._own: dict[int, torch.Tensor] = {}
        self._filled = False

    def under(self, pack: Pack) -> torch.Tensor:
        """Of a pack of these rows; shape (length, width)."""
        import torch

        if not self._filled:
            self._fill()
        parts = []
        for piece in pack.pieces:
            kept = self._heads.get(piece.group) if piece.row is None else self._own.get(piece.row)
            if kept is None:
                return self._network.below(pack)
            parts.append(kept)
        return torch.cat(parts)

    def _fill(self) -> None:
        """Once through all rows, as many as fit."""
        self._filled = True
        if not self._network.frozen:
            return  # only the embedding: looking it up is as cheap
        width = self._network.model.config.hidden_size
        room = _MOST_BYTES // (width * _BYTES)
        everything = range(len(self._rows))
        for start in range(0, len(self._rows), _TOGETHER):
            for part in packs(self._rows, everything[start : start + _TOGETHER]):
                pack = packed(self._rows, part, self._network.device)
                room -= sum(piece.stop - piece.start for piece in pack.pieces)
                if room < 0:
                    return
                hidden = self._network.below(pack)
                for piece in pack.pieces:
                    states = hidden[piece.start : piece.stop].clone()
                    if piece.row is None:
                        self._heads[piece.group] = states
                    else:
                        self._own[piece.row] = states
