# SPDX-License-Identifier: Apache-2.0
"""What a run keeps of how far its judge can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from evalkit.core.measure import Interval

__all__ = ["WORDS", "Agreement", "JudgeHealth"]

WORDS = ("win", "tie", "loss")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A judge against people, on the rows that both decided.

    Attributes:
        rows: Rows with a verdict of people, whether or not the judge has one too.
        raters: How many people.
        observed: Share of rows with the same verdict: candidate, tie or base.
        kappa: Cohen's, of the same.
        counts: People's verdict (rows) against the judge's (columns), both in the order of `WORDS`.
        alpha: Krippendorff's, of the raters among themselves; NaN for one rater.
        win_rate: Of the candidate over the base by people, on the rows that they rated.
        foreign: Rows that people rated and this run has not.
        split: Rows on which the raters have no majority; left out.
        stale: Rows whose answers are others than people rated; left out.
    """

    rows: int
    raters: int
    observed: Interval
    kappa: Interval
    counts: Sequence[Sequence[int]]
    alpha: Interval
    win_rate: Interval
    foreign: int = 0
    split: int = 0
    stale: int = field(default=0, metadata={"rare": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeHealth:
    """How far a judge can be trusted on one pair of models.

    Rates are of the first answers; answers to repeats of a question count for `unreadable` only,
    since they are no independent rows.

    Attributes:
        judge: Its specification; "" where not known.
        candidate: Of the pair.
        base: Of the pair.
        mode: "pairwise", or "pointwise": then a higher score is a win.
        asked: Answers of the judge that were wanted and came.
        identical: Pairs of equal answers, ties that nobody was asked about.
        unreadable: Share of `asked` without a verdict.
        flips: Share of pairs read in both orders whose winner changed with the order; a win that
            became a tie does not count here. NaN where one order was asked.
        consistent: Share of the same pairs with the same verdict in both orders.
        first_position: Share of their decided verdicts for the answer shown first; p of 1/2.
        longer_wins: Share of decided pairs that the longer answer won; p of 1/2.
        win_rate: Of the candidate.
        at_equal_length: The win rate with the taste for length taken out.
        people: Agreement with people; None where no labels were given.
        may_gate: Whether all bounds hold.
        why: Why it may not: English and Chinese, one line each; "" where it may.
        probes: Share of decided verdicts that a text behind the worse answer turned (injection
            probes); None where it was not tried.
        failed: Requests to the judge that failed, of all pairs and repeats.
    """

    judge: str = ""
    candidate: str
    base: str
    mode: Literal["pairwise", "pointwise"] = "pairwise"
    asked: int
    identical: int = 0
    unreadable: Interval
    flips: Interval
    consistent: Interval
    first_position: Interval
    longer_wins: Interval
    win_rate: Interval
    at_equal_length: Interval
    people: Agreement | None = None
    may_gate: bool
    why: Mapping[str, str] = field(default_factory=dict)
    probes: Interval | None = field(default=None, metadata={"rare": True})
    failed: int = field(default=0, metadata={"rare": True})
