# SPDX-License-Identifier: Apache-2.0
"""Who got which rows right: fixed, broken, both right, both wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from evalkit.evaluation.result import Row, Run

__all__ = ["Flips", "flips_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flips:
    """Rows of a pair of models, by who was right. Ids are in the order of the data.

    Attributes:
        base: The model compared with.
        candidate: The model judged.
        fixed: Ids of rows that only the candidate got right.
        broken: Ids of rows that only the base got right.
        both_right: How many both got right.
        both_wrong: How many neither got right.
        unscored: How many are not scored in one of them, or in both.
    """

    base: str
    candidate: str
    fixed: Sequence[str]
    broken: Sequence[str]
    both_right: int
    both_wrong: int
    unscored: int


def flips_of(run: Run, candidate: str, base: str) -> Flips | None:
    """The flips of a pair on the primary metric; None where its scores are not right or wrong."""
    primary = (run.primary, candidate, base, "all")
    found = next(
        (d for d in run.differences if (d.metric, d.candidate, d.base, d.slice) == primary), None
    )
    if found is None or found.fixed is None:
        return None
    fixed: list[str] = []
    broken: list[str] = []
    right = wrong = unscored = 0
    for row in run.rows:
        before, after = _score(row, base), _score(row, candidate)
        if isnan(before) or isnan(after):
            unscored += 1
        elif not {before, after} <= {0.0, 1.0}:
            return None
        elif before == after:
            right, wrong = right + (after == 1), wrong + (after == 0)
        else:
            (fixed if after > before else broken).append(row.id)
    return Flips(
        base=base,
        candidate=candidate,
        fixed=fixed,
        broken=broken,
        both_right=right,
        both_wrong=wrong,
        unscored=unscored,
    )


def _score(row: Row, model: str) -> float:
    answer = row.answers.get(model)
    return float("nan") if answer is None else answer.score
