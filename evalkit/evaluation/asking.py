# SPDX-License-Identifier: Apache-2.0
"""Every model of a suite is asked every question; answers are stored as they arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit.core.example import Example
from evalkit.core.exchange import Reply, Request
from evalkit.evaluation.questions import Question
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.models._store import open_store
from evalkit.models.ask import ask_all
from evalkit.models.open import OpenModel, open_model

__all__ = ["Asked", "Progress", "ask_models", "request_for"]

# Called with: model name, done, of, from the store, errors.
Progress = Callable[[str, int, int, int, int], None]

_ALTERNATIVES = 20  # the most that chat completions give per position


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one model answered.

    Attributes:
        replies: In the order of the questions.
        seconds: Per reply; None for those from the store.
        cached: How many came from the store.
        host: Where requests went; None for this machine.
        identity: The provider's identity, as in the store's keys.
        recorded: ISO date of the latest answer, where answers are replayed.
    """

    replies: Sequence[Reply]
    seconds: Sequence[float | None]
    cached: int
    host: str | None
    identity: str
    recorded: str | None = None


async def ask_models(
    suite: Suite,
    task: Task,
    questions: Sequence[Question],
    train: Sequence[Example],
    *,
    store: Path,
    announce: Callable[[str, OpenModel], None],
    progress: Progress,
) -> Mapping[str, Asked]:
    """Ask the models one after another, the requests of each at the model's own concurrency.

    All are opened first: a missing key or weights is said before anything is spent, and models
    that share weights share a server.

    Raises:
        RemoteError: A remote refused; what was answered is stored, the same run resumes.
        EvalkitError: A model cannot be opened.
    """
    answered: dict[str, Asked] = {}
    async with AsyncExitStack() as stack:
        opened = {
            name: await stack.enter_async_context(
                open_model(spec, name=name, folder=suite.folder, train=train)
            )
            for name, spec in suite.models.items()
        }
        for name, model in opened.items():
            announce(name, model)
        answers = stack.enter_context(open_store(store))
        for name, model in opened.items():
            requests = [request_for(q, suite, task, model) for q in questions]

            def step(done: int, cached: int, errors: int, *, name: str = name) -> None:
                progress(name, done, len(questions), cached, errors)

            results = await ask_all(model, requests, answers, on_progress=step)
            answered[name] = Asked(
                replies=[reply for reply, _, _ in results],
                seconds=[seconds for _, seconds, _ in results],
                cached=sum(cached for _, _, cached in results),
                host=model.host,
                identity=model.identity,
                recorded=model.recorded,
            )
    return answered


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
    )


def _tools(question: Question) -> Sequence[Mapping[str, Any]]:
    value = question.example.value
    tools = value.get("tools") if isinstance(value, Mapping) else None
    return tuple(tools) if isinstance(tools, list) else ()
