# SPDX-License-Identifier: Apache-2.0
"""Preferences: which of two answers to a question a judge or a person likes better.

A preference is 1 for a win, 0 for a loss, 1/2 for a tie, or anything between (a judge's
probability). 1/2 is what two equal models get. A tie is no missing value: it says that the two are
alike, and makes the interval narrower than that of wins and losses alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import exp, isnan, nan

from evalkit.core.measure import Interval
from evalkit.statistics.arrays import Array
from evalkit.statistics.mean import mean
from evalkit.statistics.normal import two_sided_p, two_sided_z
from evalkit.statistics.paired import paired_mean
from evalkit.statistics.paired_binary import mcnemar_exact, mcnemar_midp, tango
from evalkit.statistics.proportion import wilson

__all__ = ["first_position", "length_controlled", "preference_mean", "win_rate"]

_STEPS = 60  # of Newton's method; it takes about six where an answer exists
_FEWEST = 10  # preferences for a regression with two coefficients


def win_rate(wins: int, losses: int, ties: int, *, confidence: float = 0.95) -> Interval:
    """(wins + ties/2) / n with the interval (1 + Tango)/2 and the mid-p sign test against 1/2.

    Wins and losses are what McNemar's table calls fixed and broken, and the net (wins - losses)/n
    is its difference; so the interval is Tango's (1998, Statistics in Medicine 17, 891-908), moved
    to [0, 1]. Wilson's of the win rate would throw away what ties tell, and mean ± t covers 87 %
    where 90 % are wins.

    Args:
        wins: Of the candidate, >= 0.
        losses: >= 0.
        ties: >= 0.
        confidence: Of the interval, in (0, 1).

    Returns:
        In [0, 1]; p of "both are as good" (a rate of 1/2). n = 0: NaN.
    """
    n = wins + losses + ties
    if n <= 0:
        return Interval(value=nan, confidence=confidence, method="tango+midp", why="no preferences")
    low, high = tango(wins, losses, n, confidence=confidence)
    return Interval(
        value=(wins + ties / 2) / n,
        low=(1 + low) / 2,
        high=(1 + high) / 2,
        confidence=confidence,
        n=n,
        method="tango+midp",
        p=mcnemar_midp(wins, losses),
    )


def preference_mean(
    preferences: Sequence[float], *, confidence: float = 0.95, seed: int = 0
) -> Interval:
    """The mean preference; p of "it is 1/2".

    Of wins, ties and losses only it is `win_rate`; of weighted preferences (a judge's probability)
    the t interval of the mean with the sign-flip test of preference - 1/2, as of any paired mean.

    Args:
        preferences: Shape (n,), in [0, 1]; NaN ones (no verdict) are left out and counted.
        confidence: Of the interval, in (0, 1).
        seed: Of the sign flips.

    Returns:
        In [0, 1]. Nothing judged: NaN; one weighted preference, or all equal between the ends: no
        interval.
    """
    import numpy as np

    given = np.asarray(preferences, dtype=float)
    x = given[~np.isnan(given)]
    left_out = int(given.size - x.size)
    counts = [int((x == worth).sum()) for worth in (1.0, 0.0, 0.5)]
    if sum(counts) == x.size:
        found = win_rate(*counts, confidence=confidence)
        why = "no preference was readable" if left_out and not x.size else found.why
        return replace(found, left_out=left_out, why=why)
    half = np.full(x.size, 0.5)
    test = paired_mean(half.tolist(), x.tolist(), confidence=confidence, seed=seed).interval
    found = mean(x.tolist(), confidence=confidence, bounds=(0.0, 1.0))
    return replace(found, left_out=left_out, p=test.p, method=test.method)


def length_controlled(
    preferences: Sequence[float],
    lengths_candidate: Sequence[float],
    lengths_base: Sequence[float],
    *,
    confidence: float = 0.95,
) -> Interval:
    """The win rate if both answers were equally long: a judge's taste for length taken out.

    Logistic regression of the preference on x = tanh(d/s), d = candidate's length - base's, s
    their standard deviation: P = 1/(1 + exp(-(a + b x))). At x = 0 it is 1/(1 + exp(-a)); its
    interval is a ± z times the sandwich error, back-transformed. After Dubois, Galambosi, Liang,
    Hashimoto (2024), arXiv 2404.04475, without their term for the difficulty of each instruction
    (it needs other models' preferences). It corrects for length as far as the judge's taste for
    it is that curve, and no further.

    Args:
        preferences: Shape (n,), in [0, 1]; NaN ones are left out and counted.
        lengths_candidate: Shape (n,), characters or tokens of the candidate's answers.
        lengths_base: Likewise of the other's.
        confidence: Of the interval, in (0, 1).

    Returns:
        In (0, 1), with the two-sided p of 1/2. Fewer than 10 preferences, or no regression exists
        (all alike; the longer one always or never wins): NaN. All lengths equal: the plain one.

    Raises:
        ValueError: The three differ in length.
    """
    import numpy as np

    y, one, two = (
        np.asarray(values, dtype=float) for values in (preferences, lengths_candidate, lengths_base)
    )
    if not y.shape == one.shape == two.shape:
        raise ValueError(f"{y.size} preferences with {one.size} and {two.size} lengths")
    known = ~(np.isnan(y) | np.isnan(one) | np.isnan(two))
    y, d = y[known], (one - two)[known]
    n, left_out = int(y.size), int(known.size - y.size)
    empty = Interval(
        value=nan,
        confidence=confidence,
        n=n,
        left_out=left_out,
        method="logistic-at-equal-length",
    )
    if n < _FEWEST:
        return replace(empty, why=f"only {n} preferences: no regression on length")
    spread = float(d.std(ddof=1))
    if spread <= 1e-12 * max(1.0, float(np.abs(d).max())):
        found = preference_mean(y, confidence=confidence)
        if not d.any():
            why = "; ".join(filter(None, (found.why, "all answers are equally long")))
            return replace(found, left_out=left_out, why=why)
        return replace(empty, why="all length differences are equal: length cannot be told apart")
    fitted = _logistic(np.tanh(d / spread), y)
    if fitted is None:
        return replace(empty, why="length or sameness decides every preference: no regression")
    centre, error = fitted
    half = two_sided_z(confidence) * error
    return replace(
        empty,
        value=_expit(centre),
        low=_expit(centre - half),
        high=_expit(centre + half),
        p=two_sided_p(centre / error),
    )


def _logistic(x: Array, y: Array) -> tuple[float, float] | None:
    """Intercept and its sandwich error of y on x, by Newton; None where no maximum exists."""
    import numpy as np

    design = np.column_stack([np.ones_like(x), x])
    weights = np.zeros(2)
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = design.T @ (design * (share * (1 - share))[:, None])
        if not np.linalg.cond(curvature) < 1e12:
            return None
        step = np.linalg.solve(curvature, design.T @ (y - share))
        weights = weights + np.clip(step, -5, 5)
        if np.abs(weights).max() > 25:  # runs away: perfectly told apart
            return None
        if np.abs(step).max() < 1e-10:
            break
    else:
        return None
    inverse = np.linalg.inv(curvature)
    scores = design * (y - share)[:, None]
    n = len(y)
    variance = (inverse @ (scores.T @ scores) @ inverse)[0, 0] * n / (n - 2)
    return (float(weights[0]), float(variance**0.5)) if variance > 1e-24 else None


def first_position(first: int, second: int, *, confidence: float = 0.95) -> Interval:
    """How often a judge likes the answer that it is shown first: 1/2 where place does not matter.

    Args:
        first: Verdicts for the answer shown first, ties apart.
        second: Verdicts for the answer shown second.
        confidence: Of the interval, in (0, 1).

    Returns:
        Share in [0, 1] with Wilson's interval and the exact binomial p of 1/2. None: NaN.
    """
    found = wilson(first, first + second, confidence=confidence)
    if isnan(found.value):
        return replace(found, why="no verdict for either place")
    return replace(found, p=mcnemar_exact(first, second), method="wilson+binomial")


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else exp(x) / (1 + exp(x))
