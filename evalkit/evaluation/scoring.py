# SPDX-License-Identifier: Apache-2.0
"""Replies become samples: each scorer is called with the arguments that it names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from evalkit.core.exchange import Reply
from evalkit.core.registry import find
from evalkit.core.score import Sample, Score
from evalkit.evaluation.questions import Question

__all__ = ["Samples", "label_scorer", "samples_of"]

# Scorer name to the samples of one model, shape (K, n): repeats, each aligned with the questions.
Samples = Mapping[str, Sequence[Sequence[Sample]]]


def label_scorer(replies: Mapping[str, Sequence[Reply]]) -> str:
    """How labels are read for every model alike: by log-probability where all of them give it.

    One way for all: a model judged by its choice and another by its spelling cannot be compared.
    """
    given = all(
        any(reply.positions or reply.probabilities for reply in answers)
        for answers in replies.values()
    )
    return "label-logprob" if given else "label"


def samples_of(
    questions: Sequence[Question],
    repeats: Sequence[Sequence[Reply]],
    *,
    scorers: Sequence[str],
    labels: Sequence[str],
) -> Samples:
    """Score one model's replies, shape (K, n), with every scorer."""
    return {
        name: tuple(
            tuple(
                Sample(
                    id=question.id,
                    score=_score(name, question, reply, labels),
                    expected=question.expected.strip() if labels else question.expected,
                    reply=reply,
                    slices=question.slices,
                    cluster=question.cluster or None,
                )
                for question, reply in zip(questions, replies, strict=True)
            )
            for replies in repeats
        )
        for name in scorers
    }


def _score(name: str, question: Question, reply: Reply, labels: Sequence[str]) -> Score:
    if reply.finish == "error":
        return Score(float("nan"), why=reply.error or "the request failed")
    scorer, wanted = _scorer(name)
    only_calls = question.expected_calls and not question.expected.strip()
    if only_calls and "expected_calls" not in wanted:
        return Score(float("nan"), why="tool calls are expected: this scorer reads text only")
    given = {
        "reply": reply,
        "expected": question.expected.strip() if labels else question.expected,
        "expected_calls": question.expected_calls,
        "example": question.example,
        "labels": labels,
    }
    score: Score = scorer(**{key: given[key] for key in wanted})
    return score


@cache
def _scorer(name: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
    """The scorer and the arguments that the engine gives it: those before its `*`."""
    scorer = find("scorers", name)
    keyword = inspect.Parameter.KEYWORD_ONLY
    parameters = inspect.signature(scorer).parameters.values()
    return scorer, tuple(p.name for p in parameters if p.kind is not keyword)
