# SPDX-License-Identifier: Apache-2.0
"""What the judge said of a row, in its own words."""

from __future__ import annotations

from math import isnan

from markupsafe import Markup

from evalkit.evaluation.judging.verdicts import Verdict, pair_name
from evalkit.evaluation.result import Row, Run
from evalkit.page.markup import data
from evalkit.page.phrase import say
from evalkit.report.names import model_name

__all__ = ["is_pairwise", "judge_said"]

_EVEN = 0.5


def is_pairwise(run: Run) -> bool:
    """Whether the verdict rests on which of two answers a judge prefers."""
    return run.primary == "win_rate" and run.base is not None


def judge_said(run: Run, row: Row, width: int = 160) -> Markup:
    """The judge's reason for the first repeat, small print below an answer; empty without one.

    It says which of the two won: a reason such as "it gives the date" names neither.

    Args:
        run: For its candidate and base.
        row: One of its rows; the reason is hostile data, as every answer.
        width: Most characters to show.
    """
    why, won = "", None
    if run.base is not None:
        pair = pair_name(run.candidate or "", run.base)
        for v in [v for name, v in row.verdicts if name == pair][:1]:
            why, won = v.why, _winner(run, v)
    if not why:
        why, won = next((p.why for name, p in row.points if name == run.candidate), ""), None
    if not why.strip():
        return Markup()
    shown = data(why, width)
    if won is None:
        return Markup("<small>{}</small>").format(say("judge: {w}", "裁判：{w}", w=shown))
    return Markup("<small>{}</small>").format(
        say("judge, for {a}: {w}", "裁判选 {a}：{w}", a=model_name(run, won), w=shown)
    )


def _winner(run: Run, verdict: Verdict) -> str | None:
    """Whose answer won; None of a tie and where no verdict was read."""
    if isnan(verdict.outcome) or verdict.outcome == _EVEN:
        return None
    return run.candidate if verdict.outcome > _EVEN else run.base
