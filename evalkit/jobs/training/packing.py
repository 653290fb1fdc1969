# SPDX-License-Identifier: Apache-2.0
"""Batches: rows laid end to end in one sequence, so that no token is padded or computed twice.

Each row sees the head that it shares and itself, and no other row; its positions go on from the
head's, as if it stood alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalkit.jobs.training.encode import Row

if TYPE_CHECKING:
    import torch

__all__ = ["MOST_LEARNED", "MOST_TOKENS", "Pack", "Piece", "batches", "packed", "packs"]

MOST_TOKENS = 4096  # of a pack, unless one row is longer: attention grows with the square
MOST_LEARNED = 1024  # of a pack, likewise: each is a row of numbers as long as the vocabulary


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a head or a row lies in a pack.

    Attributes:
        group: Whose head it is, or whose row.
        row: Its index; None = it is a head.
        start: First token in the pack.
        stop: One past its last.
    """

    group: int
    row: int | None
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Pack:
    """Rows in one sequence.

    Attributes:
        tokens: Shape (1, length).
        positions: Shape (1, length).
        mask: Shape (1, 1, length, length): True = may look.
        pieces: In order, together the whole length.
        inputs: Positions in the pack whose next token is learned.
        targets: Those tokens.
    """

    tokens: torch.Tensor
    positions: torch.Tensor
    mask: torch.Tensor
    pieces: tuple[Piece, ...]
    inputs: torch.Tensor
    targets: torch.Tensor


def batches(rows: int, size: int, *, seed: int, epoch: int) -> Iterator[list[int]]:
    """Indices of all rows once, in a random order that seed and epoch decide."""
    order = list(range(rows))
    random.Random(f"{seed} {epoch}").shuffle(order)  # noqa: S311 - an order, no secret
    for start in range(0, rows, size):
        yield order[start : start + size]


def packs(rows: Sequence[Row], chosen: Sequence[int]) -> Iterator[list[int]]:
    """The rows of a batch in as few packs as are allowed, rows of one head together."""
    pack: list[int] = []
    heads: set[int] = set()
    tokens = learned = 0
    for index in sorted(chosen, key=lambda one: rows[one].group):
        row = rows[index]
        more = len(row.own) + (0 if row.group in heads else len(row.head))
        full = tokens + more > MOST_TOKENS or learned + len(row.learned) > MOST_LEARNED
        if pack and full:
            yield pack
            pack, heads, tokens, learned = [], set(), 0, 0
            more = len(row.own) + len(row.head)
        pack.append(index)
        heads.add(row.group)
        tokens += more
        learned += len(row.learned)
    if pack:
        yield pack


def packed(rows: Sequence[Row], chosen: Sequence[int], device: str = "cpu") -> Pack:
    """Lay rows into one sequence, each head before the first row that has it."""
    import torch

    tokens: list[int] = []
    positions: list[int] = []
    owner: list[int] = []  # of each token: a head's group as a negative number, or a row from 1
    base: list[int] = []  # the head that it may look at
    pieces: list[Piece] = []
    inputs: list[int] = []
    targets: list[int] = []
    heads: set[int] = set()

    def lay(piece: Sequence[int], first: int, who: int, head: int, index: int | None) -> int:
        start = len(tokens)
        tokens.extend(piece)
        positions.extend(range(first, first + len(piece)))
        owner.extend([who] * len(piece))
        base.extend([head] * len(piece))
        pieces.append(Piece(-head - 1, index, start, len(tokens)))
        return start

    for number, index in enumerate(chosen, 1):
        row = rows[index]
        head = -row.group - 1
        if row.group not in heads:
            heads.add(row.group)
            lay(row.head, 0, head, head, None)
        start = lay(row.own, len(row.head), number, head, index)
        inputs += [start + at - 1 for at in row.learned]
        targets += [row.own[at] for at in row.learned]
    who, whose = torch.tensor(owner), torch.tensor(base)
    same = (who[:, None] == who[None, :]) | (whose[:, None] == who[None, :])
    mask = same & torch.ones(len(owner), len(owner), dtype=torch.bool).tril()
    return Pack(
        torch.tensor([tokens], device=device),
        torch.tensor([positions], device=device),
        mask[None, None].to(device),
        tuple(pieces),
        torch.tensor(inputs, device=device),
        torch.tensor(targets, device=device),
    )
