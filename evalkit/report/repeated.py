# SPDX-License-Identifier: Apache-2.0
"""How a question fared that was asked several times."""

from __future__ import annotations

from math import isnan

from markupsafe import Markup

from evalkit.evaluation.result import Answer, Run
from evalkit.page.phrase import Phrase, say
from evalkit.page.words import marked
from evalkit.report.reading import given

__all__ = ["answered", "times"]


def times(answer: Answer | None) -> Phrase | None:
    """`3 of 5 right`, or how many answers the score is the mean of; None for a single answer."""
    if answer is None or not answer.repeats:
        return None
    known = [a.score for a in answer.repeats if not isnan(a.score)]
    n = str(len(known))
    if known and all(score in (0.0, 1.0) for score in known):
        return say("{k} of {n} right", "{n} 次答对 {k} 次", k=str(round(sum(known))), n=n)
    return say("the first of {n}", "{n} 次中的第一次", n=str(len(answer.repeats)))


def answered(answer: Answer | None, run: Run, other: str, width: int = 160) -> Markup:
    """What a model said, with the words that differ marked, and how often it was right."""
    fared = times(answer)
    text = given(answer, run)
    said = marked(text, other, width) if text.strip() else _silent(answer)
    return said if fared is None else Markup("{} <small>{}</small>").format(said, fared)


def _silent(answer: Answer | None) -> Markup:
    """Why nothing can be shown."""
    if answer is None:
        why = say("not asked", "未提问")
    elif answer.error is not None:
        why = say("no answer: an error", "没有回答：出错")
    else:
        why = say("empty answer", "空回答")
    return Markup('<i class="soft">{}</i>').format(why)
