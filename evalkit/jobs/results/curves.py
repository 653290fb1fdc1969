# SPDX-License-Identifier: Apache-2.0
"""What the curves of a training job say: smoothed losses, ends, the best step and checkpoint.

Pure functions of numbers. A loss that is measured on one batch at each step (`valid_loss`) swings
from step to step: nothing is said of it that its own swing could explain. A loss over the whole
validation set (`full_valid_loss`) does not swing, but there are few of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import fsum, isfinite, isqrt, nan, sqrt

from evalkit.jobs.job import Checkpoint
from evalkit.jobs.results.metrics_file import MEANINGS, Metrics, Series

__all__ = [
    "FEWEST",
    "BestCheckpoint",
    "BestStep",
    "Ends",
    "best_checkpoint",
    "best_step",
    "ends",
    "error_of_mean",
    "kendall_z",
    "lowest_window",
    "mean_at",
    "smoothed",
    "width_for",
]

FEWEST = 12  # measurements on batches of which anything is said
_MOST_PAIRED = 400  # points of a trend; more are averaged in blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class BestStep:
    """The step with the lowest validation loss.

    Attributes:
        step: Of the training.
        value: Loss there: measured, or the mean of a window.
        by: Meaning of the column.
        exact: Measured there; else the middle of the lowest window.
    """

    step: int
    value: float
    by: str
    exact: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BestCheckpoint:
    """The checkpoint with the lowest validation loss.

    Attributes:
        checkpoint: Which.
        value: Its loss.
        by: Meaning of what was compared.
        of: How many checkpoints had it.
    """

    checkpoint: Checkpoint
    value: float
    by: str
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How a column began and ended.

    Attributes:
        meaning: Of `MEANINGS`, or the column's own name.
        n: Finite values.
        first: The first of them.
        last: The last of them.
        last_step: Its step.
        lowest: Least value.
        highest: Greatest value.
        tail: Mean of the last `width_for(n)` values.
    """

    meaning: str
    n: int
    first: float
    last: float
    last_step: int
    lowest: float
    highest: float
    tail: float


def width_for(n: int) -> int:
    """Values of a window over n of them: an eighth, at least 5, never more than there are."""
    return min(n, max(5, n // 8))


def smoothed(values: Sequence[float], width: int) -> tuple[float, ...]:
    """Centred running mean: (1/|W|) Σ vⱼ over W = {j : |j - i| ≤ ⌊width/2⌋}, cut at both ends.

    It has no lag, unlike an exponential mean: what it shows at a step happened there.

    Args:
        values: Shape (n,), finite.
        width: At least 1; even ones count as the next odd one.

    Returns:
        Shape (n,).
    """
    half = width // 2
    sums = [0.0, *accumulate(values)]
    n = len(values)
    spans = ((max(0, i - half), min(n, i + half + 1)) for i in range(n))
    return tuple((sums[high] - sums[low]) / (high - low) for low, high in spans)


def error_of_mean(values: Sequence[float], width: int) -> float:
    """Standard error of a mean of `width` values that follow each other, whatever their trend.

    The greater of σ₁/√width and σ_b √(b/width): σ₁ is the spread of what swings from one value to
    the next, σ_b that of the means of batches of b = ⌊√n⌋ values, which grows where neighbours
    swing together (batch means: Law and Carson, 1979, Operations Research 27, 1011-1025). Both by
    second differences, which know no straight trend: √(Σ (vᵢ₊₁ - 2vᵢ + vᵢ₋₁)² / 6(n - 2)) (Gasser,
    Sroka and Jennen-Steinmetz, 1986, Biometrika 73, 625-633).

    Args:
        values: Shape (n,), finite.
        width: Of the mean, at least 1.

    Returns:
        In [0, ∞); 0 for fewer than three values.
    """
    n = len(values)
    size = max(1, isqrt(n))
    batches = [fsum(values[i : i + size]) / size for i in range(0, n - size + 1, size)]
    return max(_swing(values) / sqrt(width), _swing(batches) * sqrt(size / width))


def _swing(values: Sequence[float]) -> float:
    bends = [a - 2 * b + c for a, b, c in zip(values, values[1:], values[2:], strict=False)]
    return sqrt(fsum(d * d for d in bends) / (6 * len(bends))) if bends else 0.0


def kendall_z(values: Sequence[float]) -> float:
    """How surely values rise with their order: S / √(n(n-1)(2n+5)/18), S towards 0 by one.

    S = Σ sign(vⱼ - vᵢ) over i < j. Mann (1945), Nonparametric tests against trend, Econometrica 13,
    245-259; Kendall (1975). Ties are not taken out of the variance, which errs towards "no trend".
    Of more than 400 values the means of 400 blocks are taken.

    Returns:
        About normal under "no trend"; 0 for fewer than two values.
    """
    import numpy as np

    array = np.asarray(values, dtype=float)
    if len(array) > _MOST_PAIRED:
        array = np.array([block.mean() for block in np.array_split(array, _MOST_PAIRED)])
    n = len(array)
    if n < 2:
        return 0.0
    signs = np.sign(array[None, :] - array[:, None])
    score = int(np.triu(signs, 1).sum())
    score -= (score > 0) - (score < 0)
    return float(score / sqrt(n * (n - 1) * (2 * n + 5) / 18))


def ends(metrics: Metrics, meaning: str) -> Ends | None:
    """How a column began and ended; None where it has no value."""
    steps, values = metrics.series(meaning)
    if not values:
        return None
    tail = values[-width_for(len(values)) :]
    return Ends(
        meaning=meaning,
        n=len(values),
        first=values[0],
        last=values[-1],
        last_step=steps[-1],
        lowest=min(values),
        highest=max(values),
        tail=fsum(tail) / len(tail),
    )


def best_step(metrics: Metrics) -> BestStep | None:
    """The step of the lowest validation loss; None without any.

    By `full_valid_loss` where there is one, else by `valid_loss`: of 12 values and more by the
    lowest window of `width_for` of them, since the lowest single batch is only the easiest one.
    Of equal ones the earliest: going on must have paid to count (as Hugging Face's Trainer decides
    with `load_best_model_at_end`, which wants a strictly better value).
    """
    exact = metrics.series("full_valid_loss")
    if exact.values:
        return _lowest(exact, "full_valid_loss")
    batches = metrics.series("valid_loss")
    if not batches.values:
        return None
    if len(batches.values) < FEWEST:
        return _lowest(batches, "valid_loss")
    width = width_for(len(batches.values))
    at, value = lowest_window(batches.values, width)
    return BestStep(step=batches.steps[at], value=value, by="valid_loss", exact=False)


def _lowest(series: Series, by: str) -> BestStep:
    at = min(range(len(series.values)), key=series.values.__getitem__)
    return BestStep(step=series.steps[at], value=series.values[at], by=by, exact=True)


def lowest_window(values: Sequence[float], width: int) -> tuple[int, float]:
    """Index of the middle of the lowest whole window, the earliest of equal ones, and its mean."""
    sums = [0.0, *accumulate(values)]
    means = [(high - low) / width for low, high in zip(sums, sums[width:], strict=False)]
    at = min(range(len(means)), key=means.__getitem__)
    return at + width // 2, means[at]


def best_checkpoint(
    checkpoints: Sequence[Checkpoint], metrics: Metrics | None = None
) -> BestCheckpoint | None:
    """The checkpoint with the lowest validation loss; None where too few say theirs.

    Compared by the first of these that at least two of them have (or the only one there is):
    `full_valid_loss` of their own, the result file's at their steps, `valid_loss` of the file in a
    window around their steps, `valid_loss` of their own. Of equal ones the earliest step.
    """
    ways = [("full_valid_loss", [_own(one, "full_valid_loss") for one in checkpoints])]
    if metrics is not None:
        exact = dict(zip(*metrics.series("full_valid_loss"), strict=True))
        batches = metrics.series("valid_loss")
        at_steps = [exact.get(one.step, nan) for one in checkpoints]
        ways.append(("full_valid_loss", at_steps))
        ways.append(("valid_loss", [_around(batches, one.step) for one in checkpoints]))
    ways.append(("valid_loss", [_own(one, "valid_loss") for one in checkpoints]))
    for by, values in ways:
        known = [(v, checkpoints[i].step, i) for i, v in enumerate(values) if isfinite(v)]
        if known and len(known) >= min(2, len(checkpoints)):
            value, _, at = min(known)
            return BestCheckpoint(checkpoint=checkpoints[at], value=value, by=by, of=len(known))
    return None


def _own(checkpoint: Checkpoint, meaning: str) -> float:
    for name in MEANINGS[meaning]:
        if isfinite(value := checkpoint.metrics.get(name, nan)):
            return value
    return nan


def _around(series: Series, step: int) -> float:
    """Mean of the window around the measurement that is nearest to a step, NaN where there is none.

    Of fewer than 12 measurements only that of the step itself counts.
    """
    n = len(series.values)
    if n < FEWEST:
        return dict(zip(*series, strict=True)).get(step, nan)
    if not series.steps[0] <= step <= series.steps[-1]:
        return nan
    at = min(range(n), key=lambda i: (abs(series.steps[i] - step), i))
    return mean_at(series.values, at, width_for(n))


def mean_at(values: Sequence[float], at: int, width: int) -> float:
    """Mean of `width` values around an index; the window moves inwards at both ends."""
    low = min(max(0, at - width // 2), len(values) - width)
    return fsum(values[low : low + width]) / width
