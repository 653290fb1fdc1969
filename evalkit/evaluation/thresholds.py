# SPDX-License-Identifier: Apache-2.0
"""A threshold on the positive label's probability: chosen on the validation set, then frozen.

The validation set is asked of every model beside the held-out one; what it says chooses the model's
threshold, and the held-out answers are read by it. The held-out set never chooses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan, nan

from evalkit.core.errors import UsageError
from evalkit.core.printable import excerpt, printable
from evalkit.data.similarity import prompt_key
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.questions import Question, questions
from evalkit.evaluation.scoring import Samples, samples_of
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.metrics._threshold import CRITERIA, SCORER, at_threshold, best_threshold

__all__ = [
    "Thresholds",
    "parted",
    "really_scored",
    "thresholds_of",
    "validation_questions",
    "with_thresholds",
]

_FEW = 10  # of a class; below this a threshold is hardly more than a guess
_READS = "label-logprob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What was chosen.

    Attributes:
        of: Model to threshold; NaN where none could be chosen.
        notes: What a reader must know, in English and Chinese.
    """

    of: Mapping[str, float]
    notes: Sequence[tuple[str, str]] = ()


def validation_questions(suite: Suite, task: Task) -> list[Question]:
    """The questions of the validation set; none where nothing is chosen.

    Raises:
        UsageError: Rows that cannot be asked, or whose expected answer is no label.
        InputError: The file cannot be read.
    """
    if suite.validation is None:
        return []
    found = questions(
        suite.folder / suite.validation,
        table=suite.table,
        slices=(),
        limit=suite.limit,
        turns=suite.turns,
    )
    for question in found:
        if question.expected.strip() not in task.labels:
            raise UsageError(
                f"{suite.validation}, line {question.example.location.line}: the expected answer "
                f"`{excerpt(question.expected)}` is not among the labels",
                f"labels: {', '.join(task.labels)}",
            )
    return [replace(question, held_out=False) for question in found]


def parted(answered: Mapping[str, Asked], n: int) -> tuple[dict[str, Asked], dict[str, Asked]]:
    """Every model's answers to the first n questions, and to the rest: the validation set's.

    What came from the store is counted for both together: it stays with the first as far as it
    can be theirs.
    """
    rows, beside = {}, {}
    for name, asked in answered.items():
        if len(asked.replies) == n:
            rows[name], beside[name] = asked, _part(asked, slice(n, None), 0)
            continue
        first = min(asked.cached, n * max(1, len(asked.repeats)))
        rows[name] = _part(asked, slice(0, n), first)
        beside[name] = _part(asked, slice(n, None), asked.cached - first)
    return rows, beside


def _part(asked: Asked, of: slice, cached: int) -> Asked:
    return replace(
        asked,
        replies=asked.replies[of],
        seconds=asked.seconds[of],
        requests=asked.requests[of],
        repeats=[repeat[of] for repeat in asked.repeats],
        cached=cached,
    )


def thresholds_of(
    suite: Suite,
    task: Task,
    held_out: Sequence[Question],
    validation: Sequence[Question],
    answered: Mapping[str, Asked],
) -> Thresholds:
    """The threshold of each model.

    Args:
        suite: Says by what it is chosen.
        task: Names the labels.
        held_out: The suite's own questions, only to see whether the two sets share some.
        validation: Shape (m,); empty where the suite gives the number.
        answered: Model to its answers to those.
    """
    if suite.threshold is None or suite.positive is None:
        return Thresholds(of={})
    if not isinstance(suite.threshold, str):
        return Thresholds(of=dict.fromkeys(suite.models, float(suite.threshold)))
    criterion = next(one for one in CRITERIA if one == suite.threshold)
    chosen, notes = {}, []
    for name, asked in answered.items():
        repeats = asked.repeats or (asked.replies,)
        scored = samples_of(validation, repeats, scorers=(_READS,), labels=task.labels)[_READS]
        everything = [sample for repeat in scored for sample in repeat]
        chosen[name] = best_threshold(everything, suite.positive, criterion)
        if isnan(chosen[name]):
            notes.append(
                (
                    f"{name}: no threshold could be chosen: no probabilities, or one class.",
                    f"{name}：无法选定阈值：没有标签概率，或缺少一类样本。",
                )
            )
    positives = sum(q.expected.strip() == suite.positive for q in validation)
    least = min(positives, len(validation) - positives)
    if least < _FEW:
        notes.append(
            (
                f"The validation set has only {least} rows of one class: its threshold is a guess.",
                f"验证集中有一类只有 {least} 行：阈值并不可靠。",
            )
        )
    return Thresholds(
        of=chosen,
        notes=[_said(suite, validation, chosen), *notes, *_shared(held_out, validation)],
    )


def _said(
    suite: Suite, validation: Sequence[Question], chosen: Mapping[str, float]
) -> tuple[str, str]:
    label, criterion = printable(suite.positive or ""), f"{suite.threshold}"
    told = ", ".join(f"{name} {value:.4g}" for name, value in chosen.items() if not isnan(value))
    n = len(validation)
    return (
        f"Thresholds of {label}, chosen by {criterion} on {n} validation rows: {told or 'none'}.",
        f"{label} 的阈值（按 {criterion} 在 {n} 行验证集上选定）：{told or '无'}。",
    )


def _shared(held_out: Sequence[Question], validation: Sequence[Question]) -> list[tuple[str, str]]:
    held = {prompt_key(question.example.messages) for question in held_out}
    both = sum(prompt_key(question.example.messages) in held for question in validation)
    if not both:
        return []
    return [
        (
            f"{both} rows of the validation set are held-out rows too: the threshold saw them.",
            f"验证集中有 {both} 行也在测试集中：选阈值时已经见过它们。",
        )
    ]


def really_scored(scorers: Sequence[str]) -> tuple[str, ...]:
    """The scorers to call: samples at a threshold are made from those of label probabilities."""
    return tuple(dict.fromkeys(_READS if name == SCORER else name for name in scorers))


def with_thresholds(
    samples: Mapping[str, Samples], scorers: Sequence[str], suite: Suite, of: Mapping[str, float]
) -> dict[str, Samples]:
    """The samples of every model, with those at its threshold where a metric reads them."""
    positive = suite.positive
    if SCORER not in scorers or positive is None:
        return dict(samples)
    return {
        name: {
            **scored,
            SCORER: tuple(
                tuple(at_threshold(repeat, positive, of.get(name, nan)))
                for repeat in scored[_READS]
            ),
        }
        for name, scored in samples.items()
    }
