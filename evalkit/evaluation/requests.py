# SPDX-License-Identifier: Apache-2.0
"""A question becomes the request that models are sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evalkit.core.exchange import Request
from evalkit.evaluation.questions import Question
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.models.open import OpenModel

__all__ = ["request_for"]

_ALTERNATIVES = 20  # the most that chat completions give per position


def request_for(question: Question, suite: Suite, task: Task, model: OpenModel) -> Request:
    """The request for one question; the model puts its own settings and system prompt over it."""
    return Request(
        messages=question.messages,
        max_tokens=task.max_tokens,
        temperature=suite.temperature,
        seed=suite.seed,
        top_logprobs=_ALTERNATIVES if task.labels and model.logprobs else 0,
        labels=task.labels,
        tools=_tools(question),
        ids=_names(question, suite),
    )


def _names(question: Question, suite: Suite) -> tuple[str, ...]:
    """Our id; and where the whole row is one question, the row's own id and its line."""
    if suite.turns != "last":
        return (question.id,)
    own = question.example.fields.get("id", "")
    line = question.example.location.line
    named = f"line {line}" if line and question.held_out else ""
    return tuple(filter(None, (question.id, own, named)))


def _tools(question: Question) -> Sequence[Mapping[str, Any]]:
    value = question.example.value
    tools = value.get("tools") if isinstance(value, Mapping) else None
    return tuple(tools) if isinstance(tools, list) else ()
