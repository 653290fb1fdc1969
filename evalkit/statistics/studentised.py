# SPDX-License-Identifier: Apache-2.0
"""Means of skewed amounts (tokens, money, milliseconds): the studentised bootstrap.

A few long answers make most of the sum; the usual m ± t s/√n then ends too low above. Here the
distribution of t itself is drawn: each resample is standardised with its own error, and the ends
are m - t*·error. Efron, Tibshirani (1993), An Introduction to the Bootstrap, 12.5. Measured
on lognormal amounts (sigma 1), n = 15, 30, 100: t 84, 88, 92 %, studentised 90, 91, 94 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf, nan, sqrt

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.mean import mean
from evalkit.statistics.paired import Paired, paired_mean
from evalkit.statistics.resample import CELLS

__all__ = ["T_ABOVE", "paired_skewed_mean", "skewed_mean", "studentised"]

T_ABOVE = 5000  # items; from there Student's interval serves
_FEWEST = 5  # items; the draws of fewer repeat one item too often
_DRAWS = 2000


def studentised(
    draw: Callable[[Array], tuple[Array, Array]],
    n: int,
    *,
    seed: int = 0,
    draws: int = _DRAWS,
) -> Array:
    """Draws of (estimate* - estimate) / error*, sorted.

    Args:
        draw: Maps row indices of shape (r, n) to r values of (estimate* - estimate) and r errors.
        n: Rows.
        seed: The same seed gives the same draws.
        draws: Resamples.

    Returns:
        Shape (m,), m <= draws: resamples without spread are left out.
    """
    import numpy as np

    generator = np.random.default_rng(seed)
    block = max(1, CELLS // n)
    found = []
    for start in range(0, draws, block):
        off, errors = draw(generator.integers(n, size=(min(block, draws - start), n)))
        kept = np.isfinite(off) & (errors > 0)
        found.append(off[kept] / errors[kept])
    together: Array = np.sort(np.concatenate(found))
    return together


def skewed_mean(
    values: Sequence[float], *, confidence: float = 0.95, seed: int = 0, draws: int = _DRAWS
) -> Interval:
    """Mean of amounts with the studentised bootstrap's interval.

    Args:
        values: Shape (n,), >= 0; NaN ones are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the draws.
        draws: Resamples.

    Returns:
        In the unit of the values, cut at 0. As `mean` for fewer than 5 values or more than 5,000,
        and where all are equal.
    """
    import numpy as np

    plain = mean(values, confidence=confidence, bounds=(0.0, inf))
    given = np.asarray(values, dtype=float)
    x = given[~np.isnan(given)]
    if np.isnan(plain.low) or not _FEWEST <= x.size <= T_ABOVE:
        return plain
    error = float(x.std(ddof=1)) / sqrt(x.size)
    low, high = _ends(x, error, plain.value, confidence, seed, draws)
    return replace(plain, low=max(low, 0.0), high=high, method="studentised-bootstrap")


def paired_skewed_mean(
    base: Sequence[float],
    candidate: Sequence[float],
    *,
    confidence: float = 0.95,
    seed: int = 0,
    draws: int = _DRAWS,
) -> Paired:
    """Difference of two means of amounts: as `paired_mean`, with studentised ends.

    Args:
        base: Shape (n,); NaN in either = the pair is left out and counted.
        candidate: Likewise; item i is the same example.
        confidence: Of the interval, in (0, 1).
        seed: Of the draws and sign flips.
        draws: Resamples.

    Returns:
        In the metric's unit. Swapping the two mirrors it.
    """
    import numpy as np

    plain = paired_mean(base, candidate, confidence=confidence, seed=seed)
    n = plain.interval.n
    if np.isnan(plain.interval.low) or not _FEWEST <= n <= T_ABOVE:
        return plain
    d = np.asarray(candidate, dtype=float) - np.asarray(base, dtype=float)
    d = d[~np.isnan(d)]
    error, value = plain.spread / sqrt(n), plain.interval.value
    low, high = _ends(d, error, value, confidence, seed, draws)
    low90, high90 = _ends(d, error, value, 0.9, seed, draws)
    interval = replace(plain.interval, low=low, high=high, method="studentised-bootstrap+sign-flip")
    return replace(plain, interval=interval, low90=low90, high90=high90)


def _ends(
    x: Array, error: float, centre: float, confidence: float, seed: int, draws: int
) -> tuple[float, float]:
    import numpy as np

    def draw(rows: Array) -> tuple[Array, Array]:
        drawn = x[rows]
        return drawn.mean(axis=1) - centre, drawn.std(axis=1, ddof=1) / sqrt(x.size)

    standard = studentised(draw, x.size, seed=seed, draws=draws)
    if not standard.size:
        return nan, nan
    tails = np.quantile(standard, ((1 - confidence) / 2, (1 + confidence) / 2))
    return centre - float(tails[1]) * error, centre - float(tails[0]) * error
