# SPDX-License-Identifier: Apache-2.0
"""Scorers that ask a model: what they want to know is collected and asked together.

A scorer stays a plain function of its arguments: it calls `ask(request)` and goes on with the
reply. First all answers are scored with an `ask` that only notes what is wanted; that is asked
through store, budget and retries like any question; then they are scored again with the replies at
hand. So the same answers give the same scores, and a second run asks nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from evalkit.core.exchange import Reply, Request
from evalkit.evaluation.asked import Asked, Ready, joined
from evalkit.evaluation.asking import ask_ready
from evalkit.evaluation.judging.plan import Replies, growth_of
from evalkit.evaluation.judging.spec import asked_name
from evalkit.evaluation.questions import Question
from evalkit.evaluation.scorer_options import BoundScorer, bound_scorers
from evalkit.evaluation.scoring import Ask, samples_of
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.models._store import open_store
from evalkit.models.open import OpenModel, open_model
from evalkit.models.recordings._recorded import request_sha256

__all__ = ["Graded", "Graders", "graders_ahead", "graders_asked", "graders_opened"]

_ROUNDS = 4  # a scorer may ask on, from what it was told
_NOT_YET = Reply(text="", finish="error", error="its model was not asked")
_NEVER = Reply(
    text="",
    finish="error",
    error=f"it asks something else each time, or more than {_ROUNDS} times in turn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Graders:
    """Scorers that ask, with their models open.

    Attributes:
        bound: All scorers of the suite.
        models: Of those that ask, by the scorer's name.
    """

    bound: Mapping[str, BoundScorer]
    models: Mapping[str, OpenModel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """What the models of scorers answered.

    Attributes:
        ask: For `assess`; None where no scorer asks.
        asked: `asked_name` to requests and replies, for the recording.
    """

    ask: Ask | None = None
    asked: Mapping[str, Asked] = field(default_factory=dict)


@asynccontextmanager
async def graders_opened(suite: Suite, wanted: Sequence[str]) -> AsyncIterator[Graders]:
    """The models of the scorers that are wanted and ask one; nothing is sent by opening.

    Args:
        suite: With its scorers.
        wanted: Names of metrics.

    Raises:
        EvalkitError: A model cannot be opened.
    """
    bound = bound_scorers(suite)
    names = {name.replace("_", "-") for name in wanted}
    async with AsyncExitStack() as stack:
        models = {}
        for name, scorer in bound.items():
            if scorer.model is not None and name in names:
                models[name] = await stack.enter_async_context(
                    open_model(scorer.model, name=asked_name(name), folder=suite.folder)
                )
        yield Graders(bound=bound, models=models)


def graders_ahead(
    graders: Graders,
    task: Task,
    questions: Sequence[Question],
    replies: Replies,
    *,
    longest: int,
) -> list[Ready]:
    """Each grader's model with what it will be asked of these answers, real or stand-ins."""
    growth = growth_of(replies, (), 1, longest)
    wanted = _wanted(graders, task, questions, replies, {})
    return [
        replace(_ready(graders, name, requests), growth=growth)
        for name, requests in wanted.items()
        if requests
    ]


async def graders_asked(
    graders: Graders,
    task: Task,
    questions: Sequence[Question],
    replies: Replies,
    store: Path,
    **how: Any,
) -> Graded:
    """Ask what the scorers want to know.

    Args:
        graders: From `graders_opened`.
        task: Whose labels scorers are handed.
        questions: Shape (n,).
        replies: Of every model.
        store: The answers' database.
        how: Progress, terms and batch, as for `ask_ready`.

    Raises:
        RemoteError: The remote refused, or the budget or the time is used up.
        StoppedError: The user stopped it.
    """
    if not graders.models:
        return Graded()
    known: dict[tuple[str, str], Reply] = {}
    asked: dict[str, Asked] = {}
    for _ in range(_ROUNDS):
        wanted = _wanted(graders, task, questions, replies, known)
        ready = {name: _ready(graders, name, r) for name, r in wanted.items() if r}
        if not ready:
            break
        with open_store(store) as open_:
            found = await ask_ready(list(ready.values()), open_, **how)
        for name, one in ready.items():
            told = found[one.name]
            for request, reply in zip(wanted[name], told.replies, strict=True):
                known[name, request_sha256(request)] = reply
            asked[one.name] = joined(asked.get(one.name), told)

    def ask(name: str, request: Request) -> Reply:
        return known.get((name, request_sha256(request)), _NEVER)

    return Graded(ask=ask, asked=asked)


def _wanted(
    graders: Graders,
    task: Task,
    questions: Sequence[Question],
    replies: Replies,
    known: Mapping[tuple[str, str], Reply],
) -> dict[str, list[Request]]:
    """Scorer to the requests that it makes and that have no reply yet, each once."""
    found: dict[str, dict[str, Request]] = {name: {} for name in graders.models}

    def note(name: str, request: Request) -> Reply:
        key = request_sha256(request)
        if (name, key) in known:
            return known[name, key]
        found[name].setdefault(key, request)
        return _NOT_YET

    for repeats in replies.values():
        samples_of(
            questions,
            repeats,
            scorers=list(graders.models),
            labels=task.labels,
            bound=graders.bound,
            ask=note,
        )
    return {name: list(requests.values()) for name, requests in found.items()}


def _ready(graders: Graders, name: str, requests: Sequence[Request]) -> Ready:
    model = graders.models[name]
    return Ready(
        name=asked_name(name),
        model=model,
        requests=[model.prepared(request) for request in requests],
    )
