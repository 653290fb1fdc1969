# SPDX-License-Identifier: Apache-2.0
"""What became of each row: fixed, broken, right or wrong in both; or nearer and farther."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isnan, nan
from typing import Literal

from evalkit.evaluation.result import Row, Run
from evalkit.page.phrase import Phrase, say

__all__ = [
    "OUTCOMES",
    "Outcome",
    "change_of",
    "counts",
    "is_binary",
    "losses",
    "outcome",
    "outcome_name",
    "outcomes",
]

Outcome = Literal["broken", "fixed", "wrong", "right", "lower", "higher", "same", "unscored"]
OUTCOMES: tuple[Outcome, ...] = (
    "broken", "fixed", "wrong", "right", "lower", "higher", "same", "unscored",
)  # fmt: skip
_ALIKE = 1e-9
_PREFERRED: Mapping[Outcome, tuple[str, str]] = {
    "higher": ("won", "胜"),
    "lower": ("lost", "负"),
    "same": ("tie", "平"),
}


def is_binary(run: Run) -> bool:
    """Whether every score of the models that are compared is right (1) or wrong (0)."""
    names = [name for name in (run.base, run.candidate) if name is not None]
    scores = [row.answers[n].score for row in run.rows for n in names if n in row.answers]
    known = [score for score in scores if not isnan(score)]
    return bool(known) and all(score in (0.0, 1.0) for score in known)


def change_of(row: Row, run: Run) -> float:
    """Candidate's score minus base's, turned so that more is better; NaN where one is missing."""
    sign = 1.0
    for found in run.differences:
        if found.metric == run.primary:
            sign = 1.0 if found.better == "higher" else -1.0
            break
    return sign * (_score(row, run.candidate) - _score(row, run.base))


def outcome(row: Row, run: Run, *, binary: bool) -> Outcome:
    """What became of a row; of a single model only right, wrong, same and unscored exist.

    Args:
        row: One of the run's.
        run: For its base and candidate.
        binary: `is_binary(run)`.
    """
    ours = _score(row, run.candidate)
    if run.base is None:
        if isnan(ours):
            return "unscored"
        if not binary:
            return "same"
        return "right" if ours else "wrong"
    theirs = _score(row, run.base)
    if isnan(ours) or isnan(theirs):
        return "unscored"
    if binary:
        if ours == theirs:
            return "right" if ours else "wrong"
        return "fixed" if ours else "broken"
    change = change_of(row, run)
    if abs(change) <= _ALIKE:
        return "same"
    return "higher" if change > 0 else "lower"


def outcomes(run: Run) -> Sequence[Outcome]:
    """Of every row, shape (n,)."""
    binary = is_binary(run)
    return [outcome(row, run, binary=binary) for row in run.rows]


def counts(run: Run) -> Mapping[Outcome, int]:
    """How many rows each outcome has; 0 for those that do not occur."""
    found = Counter(outcomes(run))
    return {name: found[name] for name in OUTCOMES}


def losses(run: Run) -> list[Row]:
    """The rows to read first: broken ones, or the greatest drops; of one model the wrong ones."""
    named = list(zip(outcomes(run), run.rows, strict=True))
    if run.base is None:
        if is_binary(run):
            return [row for what, row in named if what == "wrong"]
        scored = [row for what, row in named if what != "unscored"]
        return sorted(scored, key=lambda row: _score(row, run.candidate))
    if is_binary(run):
        return [row for what, row in named if what == "broken"]
    return sorted(
        (row for what, row in named if what == "lower"), key=lambda row: change_of(row, run)
    )


def outcome_name(what: Outcome, *, single: bool = False, pairwise: bool = False) -> Phrase:
    """The outcome in a word or two.

    Args:
        what: Of a row.
        single: One model, nothing to compare.
        pairwise: A judge prefers one of two answers: rows are won and lost.
    """
    if pairwise and what in _PREFERRED:
        return say(*_PREFERRED[what])
    if single and what in ("right", "wrong"):
        return say("right", "答对") if what == "right" else say("wrong", "答错")
    return say(
        *{
            "broken": ("broken", "变错"),
            "fixed": ("fixed", "改对"),
            "wrong": ("both wrong", "都答错"),
            "right": ("both right", "都答对"),
            "lower": ("worse", "变差"),
            "higher": ("improved", "变好"),
            "same": ("scored", "已评分") if single else ("unchanged", "无变化"),
            "unscored": ("not scored", "未评分"),
        }[what]
    )


def _score(row: Row, name: str | None) -> float:
    found = row.answers.get(name) if name is not None else None
    return found.score if found is not None else nan
