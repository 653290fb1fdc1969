# SPDX-License-Identifier: Apache-2.0
"""What the judge said of a row, in its own words."""

from __future__ import annotations

from markupsafe import Markup

from evalkit.evaluation.judging.verdicts import pair_name
from evalkit.evaluation.result import Row, Run
from evalkit.page.markup import data
from evalkit.page.phrase import say

__all__ = ["is_pairwise", "judge_said"]


def is_pairwise(run: Run) -> bool:
    """Whether the verdict rests on which of two answers a judge prefers."""
    return run.primary == "win_rate" and run.base is not None


def judge_said(run: Run, row: Row, width: int = 160) -> Markup:
    """The judge's reason for the first repeat, small print below an answer; empty without one.

    Args:
        run: For its candidate and base.
        row: One of its rows; the reason is hostile data, as every answer.
        width: Most characters to show.
    """
    why = ""
    if run.base is not None:
        pair = pair_name(run.candidate or "", run.base)
        why = next((v.why for name, v in row.verdicts if name == pair), "")
    why = why or next((p.why for name, p in row.points if name == run.candidate), "")
    if not why.strip():
        return Markup()
    return Markup("<small>{}</small>").format(say("judge: {w}", "裁判：{w}", w=data(why, width)))
