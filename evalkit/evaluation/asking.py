# SPDX-License-Identifier: Apache-2.0
"""Every model of a suite is asked every question; answers are stored as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from evalkit.core.errors import EvalkitError, StoppedError
from evalkit.core.example import Example
from evalkit.evaluation.asked import Asked, Progress, Ready
from evalkit.evaluation.questions import Question
from evalkit.evaluation.requests import request_for
from evalkit.evaluation.suite import Suite
from evalkit.evaluation.task import Task
from evalkit.models._batch_running import Running
from evalkit.models._store import Store, open_store
from evalkit.models.ask import Answered, Tally, Terms, ask_all
from evalkit.models.batch import ask_batch
from evalkit.models.open import OpenModel, open_model

__all__ = ["ask_models", "ask_ready", "opened"]

_PULSE = 1.0  # seconds between two words on how far a model is while no answer comes


Ahead = Callable[[Sequence[Ready], Store], Awaitable[None] | None]


@asynccontextmanager
async def opened(
    suite: Suite, task: Task, questions: Sequence[Question], train: Sequence[Example]
) -> AsyncIterator[list[Ready]]:
    """All models of a suite, open: nothing is sent by that.

    A missing key or missing weights are told before anything is spent, and models that share
    weights share a server.

    Raises:
        EvalkitError: A model cannot be opened.
    """
    async with AsyncExitStack() as stack:
        ready = []
        for name, spec in suite.models.items():
            model = await stack.enter_async_context(
                open_model(spec, name=name, folder=suite.folder, train=train)
            )
            requests = [model.prepared(request_for(q, suite, task, model)) for q in questions]
            ready.append(Ready(name=name, model=model, requests=requests))
        yield ready


async def ask_models(
    suite: Suite,
    task: Task,
    questions: Sequence[Question],
    train: Sequence[Example],
    *,
    store: Path,
    announce: Callable[[str, OpenModel], None] = lambda _name, _model: None,
    progress: Progress = lambda _name, _tally: None,
    terms: Terms = Terms(),  # noqa: B008  a frozen value
    batch: bool = False,
    failed_directly: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
    ahead: Ahead = lambda _ready, _store: None,
) -> Mapping[str, Asked]:
    """Ask the models: those on different hosts at the same time, others one after another.

    What stops one (a wrong key, no quota) stops them all: what is under way is finished and stored,
    and the same run resumes. Works in any event loop.

    Args:
        suite: Whose models, settings and number of repeats.
        task: Labels and lengths of answers.
        questions: Shape (n,).
        train: For classical baselines.
        store: The answers' database.
        announce: Told of each model before the first request.
        progress: Told how far a model is, after each answer and now and then while none comes.
        terms: What asking is bound to.
        batch: By the batch route, where a model has one.
        failed_directly: Rows that a batch gave up are asked directly.
        tell: Takes lines of the batch route: which batches there are, how far they are.
        ahead: Told of all models and the store before the first request; may raise.

    Raises:
        RemoteError: A remote refused, or the budget or the time is used up.
        StoppedError: `terms.stop` was set.
        EvalkitError: A model cannot be opened.
    """
    async with AsyncExitStack() as stack:
        ready = await stack.enter_async_context(opened(suite, task, questions, train))
        answers = stack.enter_context(open_store(store))
        looked = ahead(ready, answers)
        if looked is not None:
            await looked
        for one in ready:
            announce(one.name, one.model)
        return await ask_ready(
            ready,
            answers,
            repeats=suite.repeats,
            progress=progress,
            terms=terms,
            batch=batch,
            failed_directly=failed_directly,
            tell=tell,
        )


async def ask_ready(
    ready: Sequence[Ready],
    answers: Store,
    *,
    repeats: int = 1,
    progress: Progress = lambda _name, _tally: None,
    terms: Terms = Terms(),  # noqa: B008  a frozen value
    batch: bool = False,
    failed_directly: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
) -> Mapping[str, Asked]:
    """Ask models that are open; arguments and errors as for `ask_models`."""
    async with AsyncExitStack() as stack:
        bound, halt = await stack.enter_async_context(_together(terms))
        shown = await stack.enter_async_context(_pulse(ready, progress))

        running = Running()
        asking = _Asking(
            store=answers,
            terms=bound,
            halt=halt,
            progress=shown,
            repeats=repeats,
            by_batch=partial(
                ask_batch, failed_directly=failed_directly, tell=tell, running=running
            ),
        )
        hosts = [asking.one_after_another(those) for those in _by_host(ready, batch=batch)]
        done = await asyncio.gather(*hosts, return_exceptions=True)
        _raise_first(done, running)
        found = {k: v for part in done if isinstance(part, dict) for k, v in part.items()}
    return {one.name: found[one.name] for one in ready}


def _by_host(ready: Sequence[Ready], *, batch: bool) -> list[list[tuple[Ready, bool]]]:
    """Models of one host, and all on this machine, share its limits: one after another.

    A batch takes hours in which nothing is to be done: each has its own place.
    """
    found: dict[str | None, list[tuple[Ready, bool]]] = {}
    alone = []
    for one in ready:
        if batch and one.model.batch is not None:
            alone.append([(one, True)])
        else:
            found.setdefault(one.model.host, []).append((one, False))
    return [*found.values(), *alone]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """What all models of a run are asked with."""

    store: Store
    terms: Terms
    halt: asyncio.Event
    progress: Progress
    repeats: int
    by_batch: Callable[..., Any]

    async def one_after_another(self, those: Sequence[tuple[Ready, bool]]) -> dict[str, Asked]:
        try:
            return {one.name: await self._ask(one, batch=batch) for one, batch in those}
        except EvalkitError:
            self.halt.set()
            raise

    async def _ask(self, one: Ready, *, batch: bool) -> Asked:
        tallies: dict[int, Tally] = {}
        of = len(one.requests) * self.repeats

        async def once(k: int) -> list[Answered]:
            model, requests = one.of_repeat(k)

            def step(tally: Tally) -> None:
                tallies[k] = tally
                self.progress(one.name, _summed(list(tallies.values()), of))

            ask = self.by_batch if batch else ask_all
            try:
                return await ask(
                    model, requests, self.store, repeat=k, terms=self.terms, on_progress=step
                )
            except EvalkitError:
                self.halt.set()
                raise

        if batch:  # at the same time: each takes hours, and they do not hinder each other
            done = await asyncio.gather(*map(once, range(self.repeats)), return_exceptions=True)
            _raise_first(done)
            answered = [part for part in done if isinstance(part, list)]
        else:  # the first is whole before the second begins
            answered = [await once(k) for k in range(self.repeats)]
        first = answered[0]
        return Asked(
            replies=[reply for reply, _, _ in first],
            seconds=[seconds for _, seconds, _ in first],
            cached=sum(stored for part in answered for _, _, stored in part),
            host=one.model.host,
            identity=one.model.identity,
            recorded=one.model.recorded,
            requests=one.requests,
            repeats=[[reply for reply, _, _ in part] for part in answered],
            batch=batch,
            notes=tuple(one.model.notes),
        )


def _summed(tallies: Sequence[Tally], of: int) -> Tally:
    """How far all repeats are together."""
    costs = [tally.cost for tally in tallies]
    known = [cost for cost in costs if cost is not None]
    return Tally(
        done=sum(tally.done for tally in tallies),
        of=of,
        stored=sum(tally.stored for tally in tallies),
        errors=sum(tally.errors for tally in tallies),
        under_way=sum(tally.under_way for tally in tallies),
        prompt_tokens=sum(tally.prompt_tokens for tally in tallies),
        completion_tokens=sum(tally.completion_tokens for tally in tallies),
        cost=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        closed_for=max(tally.closed_for for tally in tallies),
    )


@asynccontextmanager
async def _together(terms: Terms) -> AsyncIterator[tuple[Terms, asyncio.Event]]:
    """Terms whose stop is set by the caller's, and by ours when one host fails."""
    halt = asyncio.Event()

    async def pass_on(stop: asyncio.Event) -> None:
        await stop.wait()
        halt.set()

    waiting = asyncio.create_task(pass_on(terms.stop)) if terms.stop is not None else None
    try:
        yield replace(terms, stop=halt), halt
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)


@asynccontextmanager
async def _pulse(ready: Sequence[Ready], progress: Progress) -> AsyncIterator[Progress]:
    """`progress`, called now and then even while no answer comes: a server may want quiet."""
    last: dict[str, Tally] = {}
    gates = {one.name: one.model.gate for one in ready}

    def note(name: str, tally: Tally) -> None:
        last[name] = tally
        progress(name, tally)

    async def beat() -> None:
        while True:
            await asyncio.sleep(_PULSE)
            for name, tally in last.items():
                if tally.done < tally.of:
                    progress(name, replace(tally, closed_for=gates[name].closed_for()))

    beating = asyncio.create_task(beat())
    try:
        yield note
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


def _raise_first(done: Sequence[object], running: Running | None = None) -> None:
    """What went wrong first and foremost: being stopped is only what follows from it.

    Args:
        done: Results and errors.
        running: Batches that go on, for the error to name; None = it is left as it is.
    """
    wrong = [part for part in done if isinstance(part, BaseException)]
    own = [error for error in wrong if not isinstance(error, StoppedError)]
    for error in (*own, *wrong):
        if running is not None:
            running.reword(error)
        raise error
