# SPDX-License-Identifier: Apache-2.0
"""How many rows a question needs, and what so many rows answer, under one assumption.

A question is "better" (a true difference is found), "not_worse" (equal models keep a margin),
"width" (an absolute share is known to ± so much) or "win_rate" (a judged rate is told from 1/2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isnan, nan
from typing import Literal

from evalkit.statistics.power import (
    likely_disagreement,
    rows_needed_binary,
    rows_needed_margin,
    rows_needed_mean,
    rows_needed_width,
    rows_needed_win_rate,
    visible_binary,
    visible_margin,
    visible_mean,
    visible_width,
    visible_win_rate,
)

__all__ = ["QUESTIONS", "Assumption", "Question", "Terms", "needed", "visible"]

Question = Literal["better", "not_worse", "width", "win_rate"]
QUESTIONS: Sequence[Question] = ("better", "not_worse", "width", "win_rate")
_ROUNDS = 60  # of a contraction that halves the gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is promised.

    Attributes:
        alpha: Chance of a false alarm, in (0, 1): two-sided for "better" and "win_rate", one-sided
            for "not_worse", 1 - confidence for "width".
        power: Chance to find what is there, in (0, 1).
        design: Rows that tell as much as one independent row, >= 1.
    """

    alpha: float = 0.05
    power: float = 0.8
    design: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """What is taken as known of the models; one of the attributes is set, or the first two.

    Attributes:
        disagreement: psi, the share of rows that one of them gets right and the other wrong.
        noise: That share without the difference itself, 2 min(b, c)/n of a pilot: psi is this plus
            the difference asked for, and no less than a disagreement beside it.
        share: The accuracy of the base (for "width" of the model): psi is guessed from it.
        sd: Standard deviation of the paired differences of a mean, in the metric's unit.
        ties: Share of judged pairs without a winner.
    """

    disagreement: float | None = None
    noise: float | None = None
    share: float | None = None
    sd: float | None = None
    ties: float | None = None

    def psi(self, delta: float) -> float:
        """The share of rows on which models that differ by delta disagree; NaN = not known."""
        if self.disagreement is not None or self.noise is not None:
            least = (self.noise or 0.0) + abs(delta)
            return min(1.0, max(self.disagreement or 0.0, least))
        if self.share is not None:
            return likely_disagreement(self.share, delta)
        return nan


def needed(question: Question, size: float, given: Assumption, terms: Terms) -> int | None:
    """Rows for one question.

    Args:
        question: See the module.
        size: The difference, the margin, half of the width or the win rate, in the metric's unit.
        given: What is taken as known; "width" reads `share`, "win_rate" `ties`.
        terms: What is promised.

    Returns:
        At least 1, the design effect in it; None where no number of rows does, or where `given`
        does not say what the question needs.
    """
    alpha, power = terms.alpha, terms.power
    rows: int | None = None
    if question == "better":
        if given.sd is not None:
            rows = rows_needed_mean(given.sd, size, alpha=alpha, power=power)
        else:
            rows = rows_needed_binary(given.psi(size), size, alpha=alpha, power=power)
    elif question == "not_worse":
        binary = given.sd is None
        spread = given.psi(0.0) if given.sd is None else given.sd
        rows = rows_needed_margin(spread, 0.0, size, binary, alpha=alpha, power=power)
    elif question == "width" and given.share is not None:
        rows = rows_needed_width(given.share, size, confidence=1 - alpha)
    elif question == "win_rate" and given.ties is not None:
        rows = rows_needed_win_rate(size, given.ties, alpha=alpha, power=power)
    return None if rows is None else ceil(rows * terms.design - 1e-9)


def visible(question: Question, rows: int, given: Assumption, terms: Terms) -> float:
    """What so many rows can answer: the inverse of `needed`.

    Args:
        question: See the module.
        rows: At hand.
        given: What is taken as known.
        terms: What is promised.

    Returns:
        The least difference, margin, half width or distance of a win rate from 1/2, in the
        metric's unit; NaN where nothing shows, or where `given` does not say enough.
    """
    alpha, power = terms.alpha, terms.power
    worth = int(rows / terms.design + 1e-9)
    if question == "better":
        if given.sd is not None:
            return visible_mean(given.sd, worth, alpha=alpha, power=power)
        return _visible_difference(given, worth, alpha, power)
    if question == "not_worse":
        spread = given.psi(0.0) if given.sd is None else given.sd
        return visible_margin(spread, worth, given.sd is None, alpha=alpha, power=power)
    if question == "width" and given.share is not None:
        return visible_width(given.share, worth, confidence=1 - alpha)
    if question == "win_rate" and given.ties is not None:
        return visible_win_rate(given.ties, worth, alpha=alpha, power=power)
    return nan


def _visible_difference(given: Assumption, rows: int, alpha: float, power: float) -> float:
    """The disagreement depends on the difference, and the difference that shows on it."""
    seen = 0.0
    for _ in range(_ROUNDS):
        seen = visible_binary(given.psi(seen), rows, alpha=alpha, power=power)
        if isnan(seen):
            break
    return seen
