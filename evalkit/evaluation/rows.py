# SPDX-License-Identifier: Apache-2.0
"""The rows, model cards and confusion matrices of a run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import fsum, isnan, nan
from typing import Any

from evalkit.core.example import Message
from evalkit.core.exchange import Reply
from evalkit.core.score import Score
from evalkit.evaluation.asked import Asked
from evalkit.evaluation.measuring import Chosen
from evalkit.evaluation.prompt_digest import shown_digest
from evalkit.evaluation.questions import Question
from evalkit.evaluation.result import Answer, AskedModel, Confusion, RepeatedAnswer, Row
from evalkit.evaluation.scoring import Samples
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.metrics._confusion import confusion
from evalkit.models.price import cost_of, rate_of

__all__ = ["asked_models", "called", "confusions", "repeats_of", "rows_of"]


def asked_models(suite: Suite, answered: Mapping[str, Asked]) -> list[AskedModel]:
    """What each model is and took, in suite order."""
    cards = []
    for name, spec in suite.models.items():
        asked = answered[name]
        rate = rate_of(spec)
        replies = [reply for repeat in repeats_of(asked) for reply in repeat]
        cost = cost_of(replies, rate, batch=asked.batch)
        errors = sum(reply.finish == "error" for reply in replies)
        good = len(replies) - errors
        usages = [reply.usage for reply in replies if reply.usage is not None]
        cards.append(
            AskedModel(
                name=name,
                spec=spec.use,
                host=asked.host,
                requests=len(replies),
                cached=asked.cached,
                errors=errors,
                prompt_tokens=sum(u.prompt_tokens for u in usages) if usages else None,
                completion_tokens=sum(u.completion_tokens for u in usages) if usages else None,
                # What was paid when it was recorded is not paid again.
                cost=None if cost is None or asked.recorded is not None else f"{cost:f}",
                cost_per_1000=f"{cost * 1000 / good:f}" if cost is not None and good else None,
                currency=rate.currency if rate else "USD",
                price_as_of=rate.as_of if rate else None,
                price_source=rate.source if rate else None,
                system=spec.system,
                recorded=asked.recorded,
                prompt=shown_digest(spec, asked.requests),
            )
        )
    return cards


def repeats_of(asked: Asked) -> Sequence[Sequence[Reply]]:
    """The replies of every repeat, shape (K, n), K >= 1."""
    return asked.repeats or (asked.replies,)


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
            messages=tuple((str(turn.role), _told(turn)) for turn in question.history),
            expected=question.expected or called(question.expected_calls),
            slices=question.slices,
            answers={
                name: _answer(
                    [repeat[index] for repeat in repeats_of(asked)], index, samples[name], primary
                )
                for name, asked in answered.items()
            },
            cluster=None if suite.turns == "last" else question.cluster,
            calls=_calls(question.expected_calls),
        )
        for index, question in enumerate(questions)
    ]


def called(calls: Sequence[Mapping[str, Any]]) -> str:
    """Tool calls as a reader knows them, a line each: `refund({"order": 7})`."""
    return "\n".join(f"{name}({arguments})" for name, arguments in _calls(calls))


def _calls(calls: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """Name and arguments of each call."""
    found = []
    for call in calls:
        function = call.get("function")
        told = function if isinstance(function, Mapping) else call
        arguments = told.get("arguments", "")
        if not isinstance(arguments, str):
            arguments = json.dumps(arguments, ensure_ascii=False)
        found.append((str(told.get("name", "")), arguments))
    return tuple(found)


def _told(message: Message) -> str:
    calls = message.value.get("tool_calls")
    if message.text or not isinstance(calls, list):
        return message.text
    return called([call for call in calls if isinstance(call, Mapping)])


def _answer(replies: Sequence[Reply], index: int, samples: Samples, primary: Chosen) -> Answer:
    first = replies[0]
    scores = [repeat[index].score for repeat in samples[primary.scorer]]
    probabilities = scores[0].probabilities or first.probabilities
    return Answer(
        text=first.text,
        finish=first.finish,
        error=first.error,
        score=_mean(scores),
        read=scores[0].answer,
        probabilities=(
            {label: round(p, 4) for label, p in probabilities.items()} if probabilities else None
        ),
        scores={
            name: _mean([repeat[index].score for repeat in repeats])
            for name, repeats in samples.items()
        },
        prompt_tokens=first.usage.prompt_tokens if first.usage else None,
        completion_tokens=first.usage.completion_tokens if first.usage else None,
        repeats=tuple(
            RepeatedAnswer(
                text=reply.text,
                finish=reply.finish,
                score=score.value,
                read=score.answer,
                error=reply.error,
                calls=_calls(reply.tool_calls),
            )
            for reply, score in zip(replies, scores, strict=True)
        )
        if len(replies) > 1
        else (),
        calls=_calls(first.tool_calls),
    )


def _mean(scores: Sequence[Score]) -> float:
    known = [score.value for score in scores if not isnan(score.value)]
    return fsum(known) / len(known) if known else nan


def confusions(
    task: Task, samples: Mapping[str, Samples], primary: Chosen, metrics: Sequence[Chosen]
) -> list[Confusion]:
    """By label choice and by strict text, for every model of a classification; over all repeats."""
    if task.kind != "classification":
        return []
    ways = {primary.name: primary.scorer}
    ways |= {m.name: m.scorer for m in metrics if m.name == "exact_match"}
    found = []
    for metric, scorer in ways.items():
        for name, scored in samples.items():
            everything = [sample for repeat in scored[scorer] for sample in repeat]
            columns, counts = confusion(everything, task.labels)
            found.append(
                Confusion(
                    model=name, metric=metric, labels=task.labels, columns=columns, counts=counts
                )
            )
    return found
