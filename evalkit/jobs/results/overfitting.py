# SPDX-License-Identifier: Apache-2.0
"""Over-fitting: validation gets worse while training goes on getting better."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, nan, sqrt
from typing import Literal

from evalkit.jobs.results.curves import (
    FEWEST,
    error_of_mean,
    kendall_z,
    lowest_window,
    mean_at,
    width_for,
)
from evalkit.jobs.results.metrics_file import Metrics, Series

__all__ = ["Overfitting", "Why", "overfitting"]

_FEWEST_EXACT = 3  # measurements of the whole validation set of which anything is said
_RISE = 0.05  # share by which validation must rise, and training fall
_RISE_EXACT = 0.02
_SIGMAS = 4.0  # of the difference of two means; the lowest of many windows is low by chance
_TREND = 3.09  # Mann-Kendall: one-sided p = 0.001

Why = Literal[
    "no-validation", "few-points", "not-rising", "last-only", "training-not-falling", "diverging",
    "rising",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Overfitting:
    """Whether validation gets worse while training goes on getting better.

    Attributes:
        found: None = it cannot be said.
        why: What decided it.
        by: Meaning of the column that was looked at, "" for none.
        since: Step of the lowest validation loss; None where none was looked for.
        exact: The step is a measurement's own; else the middle of a window.
        lowest: Validation loss there (a mean where not exact).
        last: Validation loss at the end, likewise.
        train_then: Mean training loss around that step.
        train_last: Mean training loss at the end.
    """

    found: bool | None
    why: Why
    by: str = ""
    since: int | None = None
    exact: bool = False
    lowest: float = nan
    last: float = nan
    train_then: float = nan
    train_last: float = nan


def overfitting(metrics: Metrics) -> Overfitting:
    """Whether validation loss rises while training loss falls, and from which step on.

    It is said to only where all of this holds:

    - By `full_valid_loss` (3 values and more): the last two values both lie above the lowest by
      more than 2 %. Else by `valid_loss` (12 values and more), with w = `width_for(n)`, the lowest
      mean m of w values in a row, and its error e = `error_of_mean`: the mean of the last w values,
      none of them in that window, lies above m by more than 5 % and by more than 4 e √2; and the
      values from there on rise with their order (Mann-Kendall, one-sided p < 0.001).
    - Training loss, as means of w of its values around that step and at the end, falls by more than
      5 % and more than 2 e √2 in the meantime. Where it rises as much, training diverges.

    Prechelt (1998), Early stopping - but when?, in Neural Networks: Tricks of the Trade: a rise in
    validation is no sign before it outlasts the noise.
    """
    exact = metrics.series("full_valid_loss")
    batches = metrics.series("valid_loss")
    if len(exact.values) >= _FEWEST_EXACT:
        found = _by_all(exact)
    elif len(batches.values) >= FEWEST:
        found = _by_batches(batches)
    else:
        none = not exact.values and not batches.values
        return Overfitting(found=None, why="no-validation" if none else "few-points")
    if found.why != "rising" or found.since is None:
        return found
    return _held_against_training(found, found.since, metrics.series("train_loss"))


def _by_all(series: Series) -> Overfitting:
    values = series.values
    at = min(range(len(values)), key=values.__getitem__)
    above = [value > values[at] * (1 + _RISE_EXACT) for value in values[at + 1 :]]
    why: Why = "rising" if len(above) > 1 and all(above[-2:]) else "not-rising"
    if above == [True]:
        why = "last-only"
    return Overfitting(
        found=why == "rising",
        why=why,
        by="full_valid_loss",
        since=series.steps[at],
        exact=True,
        lowest=values[at],
        last=values[-1],
    )


def _by_batches(series: Series) -> Overfitting:
    values, n = series.values, len(series.values)
    width = width_for(n)
    at, low = lowest_window(values, width)
    last = fsum(values[-width:]) / width
    swing = _SIGMAS * error_of_mean(values, width) * sqrt(2)
    apart = n - width >= at - width // 2 + width
    rises = apart and last - low > max(_RISE * abs(low), swing)
    rises = rises and kendall_z(values[at:]) > _TREND
    return Overfitting(
        found=rises,
        why="rising" if rises else "not-rising",
        by="valid_loss",
        since=series.steps[at],
        lowest=low,
        last=last,
    )


def _held_against_training(found: Overfitting, since: int, train: Series) -> Overfitting:
    n = len(train.values)
    then = last = nan
    why: Why = "training-not-falling"
    if n > 1:
        width = width_for(n) if n >= FEWEST else 1
        at = min(range(n), key=lambda i: (abs(train.steps[i] - since), i))
        then, last = mean_at(train.values, at, width), fsum(train.values[-width:]) / width
        swing = 2.0 * error_of_mean(train.values, width) * sqrt(2) if n >= FEWEST else 0.0
        needed = max(_RISE * abs(then), swing)
        if then - last > needed:
            why = "rising"
        elif last - then > needed:
            why = "diverging"
    return Overfitting(
        found=why == "rising",
        why=why,
        by=found.by,
        since=found.since,
        exact=found.exact,
        lowest=found.lowest,
        last=found.last,
        train_then=then,
        train_last=last,
    )
