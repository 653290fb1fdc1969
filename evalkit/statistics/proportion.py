# SPDX-License-Identifier: Apache-2.0
"""One proportion."""

from __future__ import annotations

from math import nan, sqrt

from evalkit.core.measure import Interval
from evalkit.statistics.normal import two_sided_z

__all__ = ["wilson"]


def wilson(
    successes: float,
    n: int,
    *,
    confidence: float = 0.95,
    left_out: int = 0,
    worth: float | None = None,
    z: float | None = None,
) -> Interval:
    """Score interval of a proportion: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n).

    Never of zero width and never beyond [0, 1]: 20 of 20 gives 0.84 to 1.

    Args:
        successes: In [0, n]; a sum of scores in [0, 1] is allowed, the interval is then too wide.
        n: Items that counted.
        confidence: Of the interval, in (0, 1).
        left_out: Items that could not be scored; only passed on.
        worth: How many independent items they are worth, in (0, n], where they are not; the
            formula then has it in the place of n.
        z: The critical value, where it is not the normal one of `confidence`.

    Returns:
        Share in [0, 1]; Wilson (1927), JASA 22, 209-212. n = 0: NaN.
    """
    if n <= 0:
        return Interval(
            value=nan,
            confidence=confidence,
            left_out=left_out,
            method="wilson",
            why="nothing was scored" if left_out else "nothing to count",
        )
    z = two_sided_z(confidence) if z is None else z
    m = n if worth is None else worth
    share = successes / n
    scale = 1 + z * z / m
    centre = (share + z * z / (2 * m)) / scale
    half = z * sqrt(share * (1 - share) / m + z * z / (4 * m * m)) / scale
    # At 0 and n the ends are 0 and 1 exactly; rounding must not leave 0.9999999.
    return Interval(
        value=share,
        low=0.0 if successes <= 0 else max(0.0, centre - half),
        high=1.0 if successes >= n else min(1.0, centre + half),
        confidence=confidence,
        n=n,
        left_out=left_out,
        method="wilson",
    )
