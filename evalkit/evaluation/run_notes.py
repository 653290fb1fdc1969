# SPDX-License-Identifier: Apache-2.0
"""What a reader must know of a run beside its numbers; pairs of English and Chinese sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isnan

from evalkit.core.score import Sample
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.rows import repeats_of
from evalkit.evaluation.suite import Suite
from evalkit.scorers._labels import OTHER

__all__ = ["outside_notes", "partial_notes", "told_by_models", "without_probabilities"]


def partial_notes(suite: Suite, asked: int) -> Iterator[tuple[str, str]]:
    """That the caller cut the rows: the result is no whole one.

    Args:
        suite: What was run.
        asked: Rows that were asked.
    """
    if suite.partial and suite.limit == asked:
        yield (
            f"PARTIAL: only the first {asked} rows were asked.",
            f"不完整：只问了前 {asked} 行。",
        )


def without_probabilities(answered: Mapping[str, Asked]) -> tuple[str, str]:
    """Why labels are read from the text: some models give no probabilities."""
    without = [
        name
        for name, found in answered.items()
        if not any(
            reply.positions or reply.probabilities
            for repeat in repeats_of(found)
            for reply in repeat
        )
    ]
    silent, give = ", ".join(without), "gives" if len(without) == 1 else "give"
    return (
        f"Labels are read from the text for every model: {silent} {give} no probabilities.",
        f"所有模型都按文本读取标签：{silent} 不提供概率。",
    )


def told_by_models(answered: Mapping[str, Asked]) -> Iterator[tuple[str, str]]:
    """What each model says of its answers."""
    for name, found in answered.items():
        for en, zh in found.notes:
            yield f"{name}: {en}.", f"{name}：{zh}。"


def outside_notes(
    samples: Mapping[str, Mapping[str, Sequence[Sequence[Sample]]]],
) -> Iterator[tuple[str, str]]:
    """Who mostly answers something else than a label: nearly always a wrong prompt or model."""
    for name, by_scorer in samples.items():
        scores = [s.score for repeat in by_scorer.get("label", ()) for s in repeat]
        known = [score for score in scores if not isnan(score.value)]
        off = sum(score.answer in (None, OTHER) for score in known)
        if known and off * 2 > len(known):
            yield (
                (
                    f"{name}: {off} of {len(known)} answers are none of the labels. Does it get "
                    "the system message that it was trained with?"
                ),
                (
                    f"{name}：{len(known)} 个回答中有 {off} 个不是任何标签。"
                    "它收到的系统提示与训练时一致吗？"
                ),
            )
