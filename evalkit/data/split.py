# SPDX-License-Identifier: Apache-2.0
"""Which rows are held out: seeded, stratified by label, and what asks the same stays together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from random import Random

__all__ = ["categorical", "split"]

_SHORT = 60  # characters; a label is no sentence
_RARE = "\0rare"  # the stratum of labels that only one key has


def categorical(answers: Sequence[str]) -> bool:
    """Whether answers look like labels: short, and fewer than a third as many as the rows."""
    distinct = set(answers)
    return (
        len(distinct) > 1
        and len(distinct) * 3 < len(answers)
        and all(0 < len(a.strip()) <= _SHORT for a in distinct)
    )


def split(
    keys: Sequence[Hashable],
    labels: Sequence[str],
    wanted: Mapping[str, int],
    *,
    rest: str = "train",
    seed: int = 0,
) -> list[str]:
    """The part of each row.

    Rows with equal keys go to the same part. Within a label, which part a key goes to is random;
    each part gets its share of every label, as exactly as whole keys allow.

    Args:
        keys: What each row asks; shape (n,).
        labels: What it is sorted by, "" for none; shape (n,). Rows of one key count for the label
            of the first of them.
        wanted: Part to number of rows in it; together fewer than n.
        rest: The part that takes all others.
        seed: The same seed, rows and numbers give the same parts.

    Returns:
        Names of parts, shape (n,).
    """
    sizes = Counter(keys)
    strata: dict[str, list[Hashable]] = defaultdict(list)
    for key, label in dict(zip(reversed(keys), reversed(labels), strict=True)).items():
        strata[label].append(key)
    for label in [name for name, group in strata.items() if len(group) < 2]:
        strata[_RARE] += strata.pop(label)  # what occurs once cannot be on both sides
    place = {key: index for index, key in reversed([*enumerate(keys)])}
    # Python promises the same numbers in every version of `random`, not of `shuffle`.
    random = Random(seed)  # noqa: S311  (reproducible on purpose, nothing is secret)
    order = {}
    for label, group in sorted(strata.items()):
        drawn = [(random.random(), place[key], key) for key in sorted(group, key=place.__getitem__)]
        order[label] = [key for _, _, key in sorted(drawn, key=lambda d: d[:2])]
    rows = {label: sum(sizes[k] for k in group) for label, group in order.items()}
    chosen: dict[Hashable, str] = {}
    for part, number in wanted.items():
        left = {label: [k for k in group if k not in chosen] for label, group in order.items()}
        for label, target in _shares(number, rows, {n: len(g) for n, g in left.items()}).items():
            _fill(chosen, part, left[label], sizes, target)
        _top_up(chosen, part, left, sizes, number)
    return [chosen.get(key, rest) for key in keys]


def _shares(number: int, rows: Mapping[str, int], groups: Mapping[str, int]) -> dict[str, int]:
    """How many of `number` rows come from each label: largest remainders (Hamilton's method).

    A label of two keys or more gives at least one row where the number allows it, so that small
    classes can be measured.
    """
    total = sum(rows.values()) or 1
    exact = {label: number * count / total for label, count in rows.items()}
    least = {label: int(groups[label] > 1) for label in rows}
    if sum(least.values()) > number:
        least = dict.fromkeys(rows, 0)
    shares = {label: max(int(share), least[label]) for label, share in exact.items()}
    while (over := sum(shares.values()) - number) > 0:
        largest = max(shares, key=lambda label: (shares[label] - least[label], label))
        shares[largest] -= min(over, max(1, (shares[largest] - least[largest]) // 2))
    neediest = sorted(exact, key=lambda label: (shares[label] - exact[label], label))
    for label in neediest[: number - sum(shares.values())]:
        shares[label] += 1
    return shares


def _fill(
    chosen: dict[Hashable, str],
    part: str,
    keys: Sequence[Hashable],
    sizes: Mapping[Hashable, int],
    target: int,
) -> int:
    """Take keys in order while they fit; never all of a label. Returns the rows taken."""
    taken = 0
    free = [k for k in keys if k not in chosen]
    for key in free[:-1]:
        if taken + sizes[key] <= target:
            chosen[key] = part
            taken += sizes[key]
    return taken


def _top_up(
    chosen: dict[Hashable, str],
    part: str,
    left: Mapping[str, Sequence[Hashable]],
    sizes: Mapping[Hashable, int],
    number: int,
) -> None:
    """What duplicates left unfilled in one label is taken from the others."""
    missing = number - sum(sizes[key] for key, where in chosen.items() if where == part)
    for keys in left.values():
        if missing <= 0:
            return
        missing -= _fill(chosen, part, keys, sizes, missing)
