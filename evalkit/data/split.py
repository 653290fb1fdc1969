# SPDX-License-Identifier: Apache-2.0
"""Which rows are held out: the arithmetic, on rows that were already put together.

Part 0 takes what the others leave: it is what a model learns. A unit is a set of rows that stay
together; no function here ever takes one apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from evalkit.data.subset import nearest_subset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["MOST_LABELS", "SHORT", "allot", "categorical", "drawn", "legacy", "newest"]

SHORT = 60  # characters; a label is no sentence
MOST_LABELS = 10_000  # more of them are no labels
_RARE = -1  # the stratum of labels that only one unit has
_RELEASE = (0, 1, 2, 4, 8, 16, 32, 64)  # units to give back in the search for the exact number


def categorical(answers: Sequence[str] | Mapping[str, int]) -> bool:
    """Whether answers look like labels: short, and fewer than a third as many as the rows.

    Args:
        answers: Of all rows, or how many rows give each answer.
    """
    distinct = answers if isinstance(answers, Mapping) else set(answers)
    rows = sum(answers.values()) if isinstance(answers, Mapping) else len(answers)
    return (
        1 < len(distinct) <= MOST_LABELS
        and len(distinct) * 3 < rows
        and all(0 < len(a.strip()) <= SHORT for a in distinct)
    )


def drawn(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """A number for each key that only depends on the key and the seed: lots that are drawn.

    The row's place does not count, so a shuffled file is split alike, and a file that has grown is
    split nearly as before.

    Args:
        keys: Shape (n,).
        seed: Any integer.

    Returns:
        Shape (n,): keys and seed mixed by the finaliser of SplitMix64 (Steele, Lea, Flood 2014,
        "Fast splittable pseudorandom number generators", OOPSLA), a bijection for each seed.
    """
    import numpy as np

    start = hashlib.blake2b(str(seed).encode(), digest_size=8).digest()
    mixed = keys ^ np.uint64(int.from_bytes(start, "little"))
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def allot(
    sizes: NDArray[np.int64],
    labels: NDArray[np.int64],
    lots: NDArray[np.uint64],
    wanted: Sequence[int],
) -> NDArray[np.int64]:
    """The part of each unit, so that each part gets its share of every label.

    Args:
        sizes: Rows of each unit, shape (u,).
        labels: What it is sorted by, 0 and above, shape (u,).
        lots: Who comes first, shape (u,).
        wanted: Rows of parts 1, 2, …; together fewer than all.

    Returns:
        Shape (u,), 0 to len(wanted). The numbers are met exactly where units of one row are left,
        else as nearly as whole units allow.
    """
    import numpy as np

    parts = np.zeros(len(sizes), np.int64)
    strata = _strata(labels)
    order = np.lexsort((lots, strata))
    names, starts = np.unique(strata[order], return_index=True)
    members = np.split(order, starts[1:])
    rows = {int(name): int(sizes[group].sum()) for name, group in zip(names, members, strict=True)}
    for part, number in enumerate(wanted, 1):
        # The last unit of a stratum in the order of the lots stays: none is held out whole.
        free = {
            int(name): group[parts[group] == 0][:-1]
            for name, group in zip(names, members, strict=True)
        }
        taken = 0
        for name, target in _shares(number, rows, {n: len(f) + 1 for n, f in free.items()}).items():
            taken += _fill(parts, part, free[name], sizes, target)
        for group in free.values():  # what whole units left unfilled in one is made up in others
            if taken < number:
                taken += _fill(parts, part, group[parts[group] == 0], sizes, number - taken)
        every = np.lexsort((lots,))
        for units in (np.concatenate([*free.values()]), every[:-1]):
            if (missing := number - int(sizes[parts == part].sum())) != 0:
                _come_nearer(parts, part, units, sizes, lots, missing)
    for part in range(1, len(wanted) + 1):  # where there are next to no units
        counts = np.bincount(parts, minlength=len(wanted) + 1)
        if not counts[part] and counts.max() > 1:
            rich = np.flatnonzero(parts == counts.argmax())
            parts[rich[np.argmin(sizes[rich])]] = part
    return parts


def _strata(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    """What has a label that occurs once cannot be on both sides: it is one stratum together."""
    import numpy as np

    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return np.where(counts[index] < 2, _RARE, labels)


def _shares(number: int, rows: Mapping[int, int], units: Mapping[int, int]) -> dict[int, int]:
    """How many of `number` rows come from each label: largest remainders (Hamilton's method).

    A label of two units or more gives at least one row where the number allows it, so that small
    classes can be measured.
    """
    total = sum(rows.values()) or 1
    least = {label: int(units[label] > 1) for label in rows}
    if sum(least.values()) > number:
        least = dict.fromkeys(rows, 0)
    # Integers: remainders of floats would tie by chance.
    shares = {label: max(number * n // total, least[label]) for label, n in rows.items()}
    while (over := sum(shares.values()) - number) > 0:
        largest = max(shares, key=lambda label: (shares[label] - least[label], label))
        shares[largest] -= min(over, max(1, (shares[largest] - least[largest]) // 2))
    neediest = sorted(rows, key=lambda label: (shares[label] * total - number * rows[label], label))
    for label in neediest[: number - sum(shares.values())]:
        shares[label] += 1
    return shares


def _fill(
    parts: NDArray[np.int64],
    part: int,
    units: NDArray[np.int64],
    sizes: NDArray[np.int64],
    target: int,
) -> int:
    """Take units in order while they fit. Returns the rows taken."""
    if target <= 0 or not len(units):
        return 0
    if sizes[units].max() == 1:
        parts[units[:target]] = part
        return min(target, len(units))
    taken, chosen = 0, []
    for unit, size in zip(units.tolist(), sizes[units].tolist(), strict=True):
        if taken + size <= target:
            chosen.append(unit)
            taken += size
        if taken == target:
            break
    parts[chosen] = part
    return taken


def _come_nearer(
    parts: NDArray[np.int64],
    part: int,
    units: NDArray[np.int64],
    sizes: NDArray[np.int64],
    lots: NDArray[np.uint64],
    missing: int,
) -> None:
    """Take other units, and give back up to 64 taken ones for them, where that is nearer."""
    import numpy as np

    free = units[parts[units] == 0]
    free = free[np.argsort(lots[free], kind="stable")]
    held = units[parts[units] == part]
    held = held[np.argsort(lots[held], kind="stable")[::-1]]  # the last drawn goes back first
    best, change = abs(missing), None
    for count in dict.fromkeys(min(count, len(held)) for count in _RELEASE):
        back = held[:count]
        target = missing + int(sizes[back].sum())
        pool = np.concatenate([free, back])
        chosen = pool[nearest_subset(sizes[pool].tolist(), target)]
        off = abs(target - int(sizes[chosen].sum()))
        if off < best and (len(chosen) or count < len(held)):
            best, change = off, (back, chosen)
        if best == 0:
            break
    if change is not None:
        parts[change[0]] = 0
        parts[change[1]] = part


def newest(
    sizes: NDArray[np.int64], dates: NDArray[np.int64], wanted: Sequence[int]
) -> NDArray[np.int64]:
    """The part of each unit by its date: the newest are part 1, those before them part 2, ….

    Units of one date are never parted, and at least one date stays for part 0.

    Args:
        sizes: Rows of each unit, shape (u,).
        dates: Of its newest row, shape (u,); the least number for none, which stays in part 0.
        wanted: Rows of parts 1, 2, …; each is met as nearly as whole dates allow.

    Returns:
        Shape (u,), 0 to len(wanted).
    """
    import numpy as np

    parts = np.zeros(len(sizes), np.int64)
    none = np.iinfo(np.int64).min
    days, index = np.unique(dates, return_inverse=True)
    counts = np.bincount(index, weights=sizes, minlength=len(days)).astype(np.int64)
    last = int(len(days) and days[0] == none)  # where the dates begin
    end = len(days)
    for part, number in enumerate(wanted, 1):
        least = last + (len(wanted) - part) + 1  # what must be left for the others
        if end <= least:
            break
        sums = np.cumsum(counts[least:end][::-1])
        cut = end - 1 - int(np.argmin(np.abs(sums - number)))
        parts[(index >= cut) & (index < end)] = part
        end = cut
    return parts


def legacy(rows: int) -> tuple[list[int], list[int]]:
    """The split of `openai tools fine_tunes.prepare_data` (openai 0.28.1, validators.py).

    All but at most 1,000 rows, and at least four fifths, are learned: pandas' `sample(n,
    random_state=42)`, which is numpy's legacy generator, frozen since numpy 1.17 (NEP 19).

    Args:
        rows: Number of rows.

    Returns:
        Indices of the rows to learn in the order of the sample, and of the others in theirs.
    """
    import numpy as np

    if rows < 1:
        return [], []
    count = max(rows - 1000, int(rows * 0.8))
    train = np.random.RandomState(42).choice(rows, size=count, replace=False)
    valid = np.ones(rows, bool)
    valid[train] = False
    return train.tolist(), np.flatnonzero(valid).tolist()
