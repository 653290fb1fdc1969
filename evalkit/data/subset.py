# SPDX-License-Identifier: Apache-2.0
"""Which of some sizes add up nearest to a number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

__all__ = ["nearest_subset"]

_MOST = 1 << 20  # sums that are looked at
_ITEMS = 2000  # sizes that are looked at, the first ones


def nearest_subset(sizes: Sequence[int], target: int) -> list[int]:
    """Indices of sizes whose sum is nearest to a number, the smaller sum of two as near.

    Reachable sums are the bits of one integer, a shift for each size (subset sum by dynamic
    programming, Pisinger 2003, "Dynamic programming on the word RAM"); equal sizes go in powers of
    two at a time. Of more than 2,000 different powers of sizes, or for a sum beyond a million, the
    rest is not looked at.

    Args:
        sizes: Positive; earlier ones are taken first among equals.
        target: Not negative.

    Returns:
        Sorted indices; none where nothing comes nearer than nothing does.
    """
    if target <= 0 or not sizes:
        return []
    limit = min(target + max(sizes), 2 * target, _MOST)
    places: dict[int, list[int]] = defaultdict(list)
    for index, size in enumerate(sizes):
        if size <= limit:
            places[size].append(index)
    items: list[tuple[int, int]] = []  # size, how many of it at once
    for size, indices in places.items():
        left, power = min(len(indices), limit // size), 1
        while left > 0:
            items.append((size, min(power, left)))
            left -= power
            power *= 2
    del items[_ITEMS:]
    mask = (1 << (limit + 1)) - 1
    reached = [1]
    for size, count in items:
        reached.append((reached[-1] | reached[-1] << size * count) & mask)
    total = _nearest(reached[-1], target)
    taken: dict[int, int] = defaultdict(int)
    for (size, count), before in zip(reversed(items), reversed(reached[:-1]), strict=True):
        if not before >> total & 1:
            taken[size] += count
            total -= size * count
    return sorted(index for size, count in taken.items() for index in places[size][:count])


def _nearest(bits: int, target: int) -> int:
    """The set bit that is nearest to a place."""
    below = (bits & ((1 << (target + 1)) - 1)).bit_length() - 1
    above = bits >> target
    if not above:
        return below
    over = target + (above & -above).bit_length() - 1
    return below if target - below <= over - target else over
