# SPDX-License-Identifier: Apache-2.0
"""Averages over the labels that were expected, and other functions of the whole confusion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from evalkit.core.measure import Interval
from evalkit.core.printable import excerpt
from evalkit.core.score import Sample
from evalkit.metrics._confusion import Labels, outcomes
from evalkit.metrics._few import careful, smallest_class
from evalkit.metrics._metric import scored
from evalkit.statistics.arrays import Array
from evalkit.statistics.proportion import wilson
from evalkit.statistics.resample import Counts, bootstrap

__all__ = [
    "Weights",
    "beside_commonest",
    "macro",
    "macro_counts",
    "never_given",
    "over_table",
    "smallest",
    "table_counts",
]

_MOST_NAMED = 3

# Maps hits, expected and given, each of shape (r, K), to values per label, shape (r, K).
PerLabel = Callable[[Array, Array, Array], Array]
# Maps tables of shape (r, K, K + 1), expected by given (the last = anything else), to shape (r,).
OfTable = Callable[[Array], Array]
# Every label counts the same, or by how often it is expected.
Weights = Literal["equal", "expected"]


def table_counts(
    samples: Sequence[Sample], of_table: OfTable, *, labels: Sequence[str] = ()
) -> Counts:
    """A function of the table of expected by given labels, for resampling.

    Args:
        samples: Shape (n,); unscored ones count nowhere.
        of_table: What to make of it; NaN = undefined.
        labels: That have a row and a column even where none of the samples expects them.
    """
    labels, codes = outcomes(samples, labels)
    k = len(labels)

    def statistic(counts: Array) -> Array:
        return of_table(counts[:, : k * (k + 1)].reshape(len(counts), k, k + 1))

    return Counts(codes, k * (k + 1) + 1, statistic)


def macro_counts(
    samples: Sequence[Sample], per_label: PerLabel, *, weights: Weights = "equal"
) -> Counts:
    """The average as a function of sample indices; labels that a draw lacks are not in it."""
    import numpy as np

    def mean(table: Array) -> Array:
        k = table.shape[1]
        hits = table.diagonal(axis1=1, axis2=2)
        expected, given = table.sum(axis=2), table[:, :, :k].sum(axis=1)
        present = expected > 0
        values = np.where(present, per_label(hits, np.maximum(expected, 1), given), 0.0)
        share = present if weights == "equal" else expected
        with np.errstate(invalid="ignore"):  # no label at all: 0/0 is NaN
            found: Array = (values * share).sum(axis=1) / share.sum(axis=1)
        return found

    return table_counts(samples, mean)


def macro(
    samples: Sequence[Sample],
    per_label: PerLabel,
    *,
    confidence: float,
    seed: int,
    weights: Weights = "equal",
) -> Interval:
    """The average with its bootstrap interval, as `over_table`."""

    def counted(kept: Sequence[Sample]) -> Counts:
        return macro_counts(kept, per_label, weights=weights)

    rests_on = smallest if weights == "equal" else None
    return over_table(samples, counted, confidence=confidence, seed=seed, rests_on=rests_on)


def over_table(
    samples: Sequence[Sample],
    counted: Callable[[Sequence[Sample]], Counts],
    *,
    confidence: float,
    seed: int,
    rests_on: Callable[[Sequence[Sample]], int] | None = None,
    undefined: str = "undefined for these rows",
) -> Interval:
    """A function of the table with its bootstrap interval (BCa, 2,000 draws).

    Where every resample gives the same value (all right, all wrong), the bootstrap says nothing;
    Wilson's interval for what the value rests on stands in: for averages that count every label
    alike that of the smallest, which is too wide rather than too narrow. Fewer than 10 samples of
    that are warned of, with fewer than 5 there is no interval.

    Args:
        samples: Shape (n,); unscored ones are left out and counted.
        counted: The function, of scored samples.
        confidence: Of the interval, in (0, 1).
        seed: Of the draws.
        rests_on: On how many samples the value hangs; None = on all.
        undefined: Why, where the value is NaN although something was scored.
    """
    kept = scored(samples)
    left_out = len(samples) - len(kept)
    found = bootstrap(counted(kept), len(kept), seed=seed)
    interval = found.interval(confidence, n=len(kept), left_out=left_out)
    if not kept:
        why = "nothing was scored" if left_out else "nothing to count"
        return replace(interval, method="bca-bootstrap", why=why)
    if interval.value != interval.value:
        return replace(interval, method="bca-bootstrap", why=undefined)
    least = len(kept) if rests_on is None else rests_on(kept)
    if interval.why and interval.value in (0.0, 1.0):
        stand_in = wilson(interval.value * least, least, confidence=confidence)
        return replace(
            interval,
            low=stand_in.low,
            high=stand_in.high,
            method="wilson",
            why=f"all answers alike: Wilson's interval for {_of_what(rests_on)} (n = {least})",
        )
    return interval if rests_on is None else careful(interval, least)


def _of_what(rests_on: object) -> str:
    return "all rows" if rests_on is None else "the smallest label"


def never_given(samples: Sequence[Sample]) -> str:
    """Which expected labels are nobody's answer, in words; "" where all are given."""
    kept = scored(samples)
    expected = sorted({s.expected.strip() for s in kept})
    known = Labels(expected)
    given = {known.place(s.score.answer) for s in kept}
    silent = [label for i, label in enumerate(expected) if i not in given]
    if not silent:
        return ""
    named = ", ".join(excerpt(label, 30) for label in silent[:_MOST_NAMED])
    more = f" and {len(silent) - _MOST_NAMED} more" if len(silent) > _MOST_NAMED else ""
    return f"never given, counted as 0: {named}{more}"


def smallest(samples: Sequence[Sample]) -> int:
    """Scored samples of the label that is expected least often."""
    return smallest_class(scored(samples))


def beside_commonest(samples: Sequence[Sample]) -> int:
    """Scored samples that expect another label than the one that is expected most often.

    What agreement beyond chance hangs on: of two labels the rarer one, of many not the rarest.
    """
    sizes = Counter(s.expected.strip() for s in scored(samples))
    return sizes.total() - max(sizes.values(), default=0)
