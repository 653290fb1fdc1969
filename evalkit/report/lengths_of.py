# SPDX-License-Identifier: Apache-2.0
"""How long answers are: quantiles, and bins that all models share."""

from __future__ import annotations

from collections.abc import Sequence

from evalkit.evaluation.result import Run
from evalkit.report.reading import said

__all__ = ["answer_lengths", "binned", "quantile", "shared_edges"]

_UNITS = 16  # values up to which every length has a column of its own
_COLUMNS = 12
_LONG_TAIL = 6  # times the median from which columns double in width


def answer_lengths(run: Run, model: str) -> list[int]:
    """Characters of each answer that is there, its tool calls too; first repeats, in row order."""
    answers = (row.answers.get(model) for row in run.rows)
    return [len(said(a)) for a in answers if a is not None and a.error is None]


def quantile(values: Sequence[int], share: float) -> int | None:
    """The least value that `share` of all do not exceed; None of nothing.

    Args:
        values: In any order.
        share: In (0, 1].
    """
    if not values:
        return None
    found = sorted(values)
    return found[max(0, -int(-share * len(found) // 1) - 1)]


def shared_edges(values: Sequence[int]) -> list[int]:
    """Edges of columns that hold every value: of one each, equally wide, or doubling.

    Args:
        values: Of all models together, at least 0.

    Returns:
        Ascending, the last above all values; empty of nothing.
    """
    if not values:
        return []
    most, middle = max(values), quantile(values, 0.5) or 1
    if most <= _UNITS:
        return list(range(most + 2))
    if most <= _LONG_TAIL * middle:
        step = _round_up(-(-(most + 1) // _COLUMNS))
        return list(range(0, most + 1 + step, step))
    edges, width = [0], _round_up(max(1, middle // 4))
    while edges[-1] <= most:
        edges.append(max(width, edges[-1] * 2))
    return edges


def binned(values: Sequence[int], edges: Sequence[int]) -> list[tuple[int, int, int]]:
    """Lower edge, upper edge (not in it) and count of every column."""
    from bisect import bisect_right

    counts = [0] * max(0, len(edges) - 1)
    for value in values:
        counts[bisect_right(edges, value) - 1] += 1
    return [(edges[i], edges[i + 1], n) for i, n in enumerate(counts)]


def _round_up(n: int) -> int:
    """The next of 1, 2, 5, 10, 20, 50 ..."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if digit * power >= n:
                return digit * power
        power *= 10
