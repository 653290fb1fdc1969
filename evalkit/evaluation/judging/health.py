# SPDX-License-Identifier: Apache-2.0
"""A judge is measured before it is believed: what it cannot read, flips, favours and shares."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from math import isnan, nan
from typing import TYPE_CHECKING, TypeVar

from evalkit.core.measure import Interval
from evalkit.evaluation.judging.bounds import agrees, faults
from evalkit.evaluation.judging.judge_health import WORDS, Agreement, JudgeHealth
from evalkit.evaluation.judging.judged import Judged
from evalkit.evaluation.judging.verdicts import IDENTICAL, Point, Verdict
from evalkit.statistics.agreement import cohen_kappa, krippendorff_alpha, observed_agreement
from evalkit.statistics.preference import first_position, length_controlled, preference_mean
from evalkit.statistics.proportion import wilson

if TYPE_CHECKING:
    from evalkit.evaluation.raters.humans import Humans

__all__ = [
    "WORDS",
    "Agreement",
    "JudgeHealth",
    "agreement",
    "agrees",
    "among_raters",
    "health",
    "word_of",
]

_K = TypeVar("_K")


def health(
    judged: Judged,
    pair: tuple[str, str],
    humans: Humans | None = None,
    confidence: float = 0.95,
    *,
    judge: str = "",
) -> JudgeHealth:
    """Measure a judge by its own verdicts, and against people where they rated rows.

    Args:
        judged: What it said.
        pair: (candidate, base).
        humans: People's verdicts on the same pair.
        confidence: Of intervals, in (0, 1).
        judge: Its specification, for the record.
    """
    points = not judged.pairs.get(pair)
    every = _compared(judged, pair) if points else list(judged.pairs[pair])
    first = [v for v in every if v.repeat == 0]
    readable = _readable(judged, pair) if points else [w for v in every for w in v.said]
    unread = sum(word == "unreadable" for word in readable)
    flips, consistent, place = _by_place(first, points, confidence)
    found = JudgeHealth(
        judge=judge,
        candidate=pair[0],
        base=pair[1],
        mode="pointwise" if points else "pairwise",
        asked=len(readable),
        identical=sum(v.why == IDENTICAL for v in first),
        unreadable=wilson(unread, len(readable), confidence=confidence),
        flips=flips,
        consistent=consistent,
        first_position=place,
        longer_wins=_longer_wins(first, confidence),
        win_rate=preference_mean([v.outcome for v in first], confidence=confidence),
        at_equal_length=length_controlled(
            [v.outcome for v in first],
            [v.candidate_chars for v in first],
            [v.base_chars for v in first],
            confidence=confidence,
        ),
        people=None if humans is None else agreement(first, humans, confidence),
        may_gate=False,
        probes=judged.probes,
        failed=0
        if judged.asked is None
        else sum(reply.finish == "error" for reply in judged.asked.replies),
    )
    beyond = list(faults(found))
    why = {}
    if beyond:
        why = {"en": "; ".join(en for en, _ in beyond), "zh": "；".join(zh for _, zh in beyond)}
    return replace(found, may_gate=not beyond, why=why)


def word_of(outcome: float) -> str | None:
    """An outcome in [0, 1] as one of `WORDS`; None for NaN."""
    if isnan(outcome):
        return None
    return "win" if outcome > 0.5 else "loss" if outcome < 0.5 else "tie"


def _by_place(
    verdicts: Sequence[Verdict], points: bool, confidence: float
) -> tuple[Interval, Interval, Interval]:
    """Flips, consistency and the share of the first place, of the pairs read in both orders."""
    if points:
        none = Interval(value=nan, why="scored one by one: there are no places")
        return none, none, none
    both = [v for v in verdicts if v.flipped is not None]
    turned = sum({v.first, v.second} == {"win", "loss"} for v in both)
    same = sum(not v.flipped for v in both)
    ahead = sum((v.first == "win") + (v.second == "loss") for v in both)
    behind = sum((v.first == "loss") + (v.second == "win") for v in both)
    if not both:
        none = Interval(value=nan, why="no pair was judged in both orders")
        return none, none, none
    return (
        wilson(turned, len(both), confidence=confidence),
        wilson(same, len(both), confidence=confidence),
        first_position(ahead, behind, confidence=confidence),
    )


def _longer_wins(verdicts: Iterable[Verdict], confidence: float) -> Interval:
    """How many decided pairs the longer answer won; pairs of equal length tell nothing."""
    longer = shorter = 0
    for verdict in verdicts:
        word = word_of(verdict.outcome)
        gap = verdict.candidate_chars - verdict.base_chars
        if word in ("win", "loss") and gap:
            longer += (word == "win") == (gap > 0)
            shorter += (word == "win") != (gap > 0)
    found = first_position(longer, shorter, confidence=confidence)
    if not found.n:
        return replace(found, why="no decided pair of different lengths")
    return found


def _compared(judged: Judged, pair: tuple[str, str]) -> list[Verdict]:
    """Verdicts made of the scores of two models: the higher one wins."""
    base = {(p.id, p.repeat): p for p in judged.points.get(pair[1], ())}
    return [
        _against(point, base[point.id, point.repeat])
        for point in judged.points.get(pair[0], ())
        if (point.id, point.repeat) in base
    ]


def _against(candidate: Point, base: Point) -> Verdict:
    gap = candidate.score - base.score
    return Verdict(
        id=candidate.id,
        first="unasked",
        second="unasked",
        outcome=nan if isnan(gap) else 1.0 if gap > 0 else 0.0 if gap < 0 else 0.5,
        candidate_chars=candidate.chars,
        base_chars=base.chars,
        repeat=candidate.repeat,
    )


def _readable(judged: Judged, pair: tuple[str, str]) -> list[str]:
    return [p.said for model in pair for p in judged.points.get(model, ()) if p.said != "unasked"]


def agreement(verdicts: Sequence[Verdict], humans: Humans, confidence: float) -> Agreement:
    """Verdicts against people's, on the rows that both decided; identical answers are no row.

    Args:
        verdicts: One a row.
        humans: Verdicts on the same pair.
        confidence: Of intervals, in (0, 1).
    """
    judge = {v.id: word_of(v.outcome) for v in verdicts if v.why != IDENTICAL}
    known = {one: word for one, word in humans.verdicts.items() if one in judge}
    ids = list(known)
    said, thought = [judge[one] for one in ids], [known[one] for one in ids]
    counts = [
        [
            sum(t == row and s == column for t, s in zip(thought, said, strict=True))
            for column in WORDS
        ]
        for row in WORDS
    ]
    worth = {"win": 1.0, "tie": 0.5, "loss": 0.0}
    return Agreement(
        rows=len(ids),
        raters=len(humans.raters),
        observed=observed_agreement(thought, said, confidence=confidence),
        kappa=cohen_kappa(thought, said, order=WORDS, confidence=confidence),
        counts=counts,
        alpha=among_raters(humans.raters, confidence),
        win_rate=preference_mean([worth[word] for word in thought], confidence=confidence),
        foreign=len(humans.verdicts) - len(ids),
        split=len(humans.split),
        stale=len(humans.stale),
    )


def among_raters(raters: Mapping[str, Mapping[_K, Hashable]], confidence: float) -> Interval:
    """Krippendorff's alpha of the raters; NaN for one."""
    if len(raters) < 2:
        return Interval(value=nan, confidence=confidence, why="one rater")
    rated = dict.fromkeys(one for rater in raters.values() for one in rater)
    return krippendorff_alpha(
        [[rater.get(one) for rater in raters.values()] for one in rated], confidence=confidence
    )
