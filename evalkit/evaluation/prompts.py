# SPDX-License-Identifier: Apache-2.0
"""Prompts without a judge: the rows of a file are put to models, and what they answer is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, RemoteError, StoppedError
from evalkit.core.example import Example, canonical
from evalkit.core.exchange import Reply, Request
from evalkit.core.location import Location
from evalkit.evaluation._loop import finished
from evalkit.evaluation.questions import _chat as as_sent
from evalkit.evaluation.sampling import for_repeat, model_for_repeat
from evalkit.models._store import Store, open_store
from evalkit.models.ask import Standing, Tally, Terms, ask_all, require_prices, standing
from evalkit.models.open import OpenModel, open_model
from evalkit.models.recordings._recorded import Recorded, asked_with
from evalkit.models.spec import ModelSpec

__all__ = ["Ahead", "Answers", "Settings", "ask_prompts", "prompts", "recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How prompts are asked; a model's own settings go over them.

    Attributes:
        max_tokens: Of an answer.
        temperature: 0 for greedy.
        seed: Of the first repeat; the others count on.
        top_logprobs: Alternatives per position, asked of models that give them; 0 = none.
        repeats: Answers to each prompt.
    """

    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int = 0
    top_logprobs: int = 5
    repeats: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """What one model will be asked.

    Attributes:
        name: As the user calls it.
        model: Open.
        standing: What the store knows of its requests, one per repeat.
        requests: Of the first repeat, as they will be sent.
    """

    name: str
    model: OpenModel
    standing: Sequence[Standing]
    requests: Sequence[Request]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one model answered.

    Attributes:
        identity: What answered, as in the store's keys.
        recorded: ISO day, where it answered from a recording.
        requests: Shape (n,): of the first repeat, as they were sent.
        replies: Shape (K, n); None where asking ended before the answer.
        ended: What ended it.
    """

    identity: str
    recorded: str | None = None
    requests: Sequence[Request] = ()
    replies: Sequence[Sequence[Reply | None]] = ()
    ended: EvalkitError | None = None


@dataclass(slots=True)
class _Left:
    """Rows that hold no prompt, with the reason."""

    rows: list[tuple[Location, str]] = field(default_factory=list)

    def out(self, example: Example, why: str) -> None:
        self.rows.append((example.location, why))


def prompts(
    examples: Iterable[Example], *, settings: Settings, limit: int | None = None
) -> tuple[list[Request], list[tuple[Location, str]]]:
    """A request for each row that holds a prompt, and the rows that hold none.

    An answer at the end of a row is not sent: it is what the model is to say.

    Args:
        examples: Rows, with or without an expected answer.
        settings: How they are asked.
        limit: Only the first rows.
    """
    left = _Left()
    requests = []
    for example in islice(examples, limit):
        if example.broken is not None:
            if example.broken.kind != "blank":
                left.out(example, "it is not readable")
            continue
        messages = list(example.messages)
        if messages and messages[-1].role == "assistant":
            messages.pop()
        if not any(message.role not in ("system", "developer") for message in messages):
            left.out(example, "it holds no prompt")
            continue
        sent = [as_sent(message) for message in messages]
        tools = example.value.get("tools") if isinstance(example.value, Mapping) else None
        requests.append(
            Request(
                messages=sent,
                max_tokens=settings.max_tokens,
                temperature=settings.temperature,
                seed=settings.seed,
                tools=tuple(tools) if isinstance(tools, list) else (),
                ids=_names(example, sent),
            )
        )
    return requests, left.rows


def _names(example: Example, sent: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """As a suite names its questions: hash of the prompt, the row's own id, its line."""
    line = example.location.line
    names = (
        hashlib.sha256(canonical(sent)).hexdigest()[:12],
        example.fields.get("id", ""),
        f"line {line}" if line else "",
    )
    return tuple(filter(None, names))


def ask_prompts(
    models: Mapping[str, ModelSpec],
    requests: Sequence[Request],
    *,
    settings: Settings,
    folder: Path,
    store: Path,
    terms: Terms = Terms(),  # noqa: B008  a frozen value
    announce: Callable[[Sequence[Ahead]], None] = lambda _ahead: None,
    progress: Callable[[str, Tally], None] = lambda _name, _tally: None,
) -> Mapping[str, Answers]:
    """Put prompts to models, one after another; what was answered is stored and comes back.

    Args:
        models: Name to specification.
        requests: Shape (n,).
        settings: How they are asked.
        folder: Where relative paths of specifications start.
        store: The answers' database.
        terms: Budget, deadline, stop.
        announce: Told of all models before the first request.
        progress: Told how far each is.

    Returns:
        Of every model that was begun; the last may have been ended by a remote, the budget, the
        time or the user.

    Raises:
        EvalkitError: A model cannot be opened or asked at all: nothing was sent.
    """
    return finished(
        lambda: _ask(models, requests, settings, folder, store, terms, announce, progress)
    )


async def _ask(
    models: Mapping[str, ModelSpec],
    requests: Sequence[Request],
    settings: Settings,
    folder: Path,
    store: Path,
    terms: Terms,
    announce: Callable[[Sequence[Ahead]], None],
    progress: Callable[[str, Tally], None],
) -> Mapping[str, Answers]:
    async with AsyncExitStack() as stack:
        opened = {
            name: await stack.enter_async_context(open_model(spec, name=name, folder=folder))
            for name, spec in models.items()
        }
        require_prices(opened.values(), terms)
        answers = stack.enter_context(open_store(store))
        ready = [_ahead(name, model, requests, answers, settings) for name, model in opened.items()]
        announce(ready)
        found: dict[str, Answers] = {}
        for one in ready:
            found[one.name] = await _one(one, answers, settings, terms, progress)
            if found[one.name].ended is not None:
                break
        return found


def _ahead(
    name: str, model: OpenModel, requests: Sequence[Request], store: Store, settings: Settings
) -> Ahead:
    wanted = settings.top_logprobs if model.logprobs else 0
    sent = [model.prepared(replace(request, top_logprobs=wanted)) for request in requests]
    stands = [
        standing(model_for_repeat(model, k), [for_repeat(r, k) for r in sent], store, repeat=k)
        for k in range(settings.repeats)
    ]
    return Ahead(name=name, model=model, standing=stands, requests=sent)


async def _one(
    one: Ahead,
    store: Store,
    settings: Settings,
    terms: Terms,
    progress: Callable[[str, Tally], None],
) -> Answers:
    replies: list[Sequence[Reply | None]] = []
    ended: EvalkitError | None = None
    for k in range(settings.repeats):
        model = model_for_repeat(one.model, k)
        requests = [for_repeat(request, k) for request in one.requests]
        name = one.name if settings.repeats == 1 else f"{one.name}, repeat {k + 1}"
        try:
            answered = await ask_all(
                model,
                requests,
                store,
                repeat=k,
                terms=terms,
                on_progress=lambda tally, name=name: progress(name, tally),  # type: ignore[misc]
            )
        except (RemoteError, StoppedError) as error:
            ended = error
            kept = [store.get(store.key(model.identity, model.prepared(r), k)) for r in requests]
            replies.append([None if found is None else found[0] for found in kept])
            break
        replies.append([one.reply for one in answered])
    return Answers(
        identity=one.model.identity,
        recorded=one.model.recorded,
        requests=one.requests,
        replies=replies,
        ended=ended,
    )


def recorded(
    answers: Mapping[str, Answers], *, today: str, origins: Mapping[str, Mapping[str, str]]
) -> tuple[list[Recorded], int]:
    """Rows of a recording, and how many answers are missing: errors, and what was not asked.

    Args:
        answers: Model to what it answered.
        today: ISO day of new answers; replayed ones keep theirs.
        origins: Model to what recorded it.
    """
    rows, missing = [], 0
    for name, one in answers.items():
        for k, replies in enumerate(one.replies):
            for request, reply in zip(one.requests, replies, strict=True):
                if reply is None or reply.finish == "error":
                    missing += 1
                    continue
                rows.append(
                    asked_with(
                        for_repeat(request, k),
                        reply,
                        model=name,
                        identity=one.identity,
                        date=one.recorded or today,
                        repeat=k,
                        origin=origins.get(name, {}),
                    )
                )
    return rows, missing
