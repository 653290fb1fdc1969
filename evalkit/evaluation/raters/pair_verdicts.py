# SPDX-License-Identifier: Apache-2.0
"""Who was better on each row of a run: by its judge, else by the higher score."""

from __future__ import annotations

from math import isnan, nan

from evalkit.evaluation.judging.verdicts import Verdict, pair_name
from evalkit.evaluation.result import Run

__all__ = ["pair_verdicts"]


def pair_verdicts(run: Run, candidate: str, base: str) -> list[Verdict]:
    """One verdict a row: the judge's on the first answers; without a judge the higher score wins.

    Args:
        run: With its rows.
        candidate: Of the pair.
        base: Of the pair.
    """
    name = pair_name(candidate, base)
    said = [v for row in run.rows for pair, v in row.verdicts if pair == name and v.repeat == 0]
    if said:
        return said
    found = []
    for row in run.rows:
        ours, theirs = row.answers.get(candidate), row.answers.get(base)
        if ours is None or theirs is None:
            continue
        gap = ours.score - theirs.score
        found.append(
            Verdict(
                id=row.id,
                first="unasked",
                second="unasked",
                outcome=nan if isnan(gap) else 1.0 if gap > 0 else 0.0 if gap < 0 else 0.5,
                candidate_chars=len(ours.text),
                base_chars=len(theirs.text),
            )
        )
    return found
