# SPDX-License-Identifier: Apache-2.0
"""The rows, model cards and confusion matrices of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from evalkit.core.exchange import Reply
from evalkit.evaluation.asking import Asked
from evalkit.evaluation.cost import cost_of, rate_of
from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.questions import Question
from evalkit.evaluation.result import Answer, AskedModel, Confusion, Row
from evalkit.evaluation.scoring import Samples
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.metrics._confusion import confusion

__all__ = ["asked_models", "confusions", "rows_of"]


def asked_models(suite: Suite, answered: Mapping[str, Asked]) -> list[AskedModel]:
    """What each model is and took, in suite order."""
    cards = []
    for name, spec in suite.models.items():
        asked = answered[name]
        rate = rate_of(spec)
        cost = cost_of(asked.replies, rate)
        errors = sum(reply.finish == "error" for reply in asked.replies)
        good = len(asked.replies) - errors
        usages = [r.usage for r in asked.replies if r.usage is not None]
        cards.append(
            AskedModel(
                name=name,
                spec=spec.use,
                host=asked.host,
                requests=len(asked.replies),
                cached=asked.cached,
                errors=errors,
                prompt_tokens=sum(u.prompt_tokens for u in usages) if usages else None,
                completion_tokens=sum(u.completion_tokens for u in usages) if usages else None,
                cost=None if cost is None else f"{cost:f}",
                cost_per_1000=f"{cost * 1000 / good:f}" if cost is not None and good else None,
                currency=rate.currency if rate else "USD",
                price_as_of=rate.as_of if rate else None,
                price_source=rate.source if rate else None,
                system=spec.system,
                recorded=asked.recorded,
            )
        )
    return cards


def rows_of(
    suite: Suite,
    questions: Sequence[Question],
    answered: Mapping[str, Asked],
    samples: Mapping[str, Samples],
    primary: Chosen,
) -> list[Row]:
    """One row per question with every model's answer and scores."""
    return [
        Row(
            id=question.id,
            source=suite.data,
            line=question.example.location.line or 0,
            messages=tuple((str(turn.role), turn.text) for turn in question.example.messages[:-1]),
            expected=question.expected,
            slices=question.slices,
            answers={
                name: _answer(index, asked.replies[index], samples[name], primary)
                for name, asked in answered.items()
            },
        )
        for index, question in enumerate(questions)
    ]


def _answer(index: int, reply: Reply, samples: Samples, primary: Chosen) -> Answer:
    main = samples[primary.scorer][index].score
    probabilities = main.probabilities or reply.probabilities
    return Answer(
        text=reply.text,
        finish=reply.finish,
        error=reply.error,
        score=main.value,
        read=main.answer,
        probabilities=(
            {label: round(p, 4) for label, p in probabilities.items()} if probabilities else None
        ),
        scores={name: rows[index].score.value for name, rows in samples.items()},
        prompt_tokens=reply.usage.prompt_tokens if reply.usage else None,
        completion_tokens=reply.usage.completion_tokens if reply.usage else None,
    )


def confusions(
    task: Task, samples: Mapping[str, Samples], primary: Chosen, metrics: Sequence[Chosen]
) -> list[Confusion]:
    """By label choice and by strict text, for every model of a classification."""
    if task.kind != "classification":
        return []
    ways = {primary.name: primary.scorer}
    ways |= {m.name: m.scorer for m in metrics if m.name == "exact_match"}
    found = []
    for metric, scorer in ways.items():
        for name, scored in samples.items():
            columns, counts = confusion(scored[scorer], task.labels)
            found.append(
                Confusion(
                    model=name, metric=metric, labels=task.labels, columns=columns, counts=counts
                )
            )
    return found
