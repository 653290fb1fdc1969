# SPDX-License-Identifier: Apache-2.0
"""Puts many questions to one model: what is stored is not asked, what is answered is stored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from evalkit.core.errors import EvalkitError
from evalkit.core.exchange import Reply, Request
from evalkit.models._store import Store
from evalkit.models.open import OpenModel

__all__ = ["Answered", "ask_all"]

# Reply, seconds that the model took (None where not known), and whether it came from the store.
Answered = tuple[Reply, float | None, bool]
Progress = Callable[[int, int, int], None]


async def ask_all(
    model: OpenModel,
    requests: Sequence[Request],
    store: Store,
    *,
    repeat: int = 0,
    on_progress: Progress | None = None,
) -> list[Answered]:
    """Answer every request, in order, at the model's own concurrency.

    Each answer is durable before it counts as done, so a killed run resumes where it was. Equal
    requests are asked once. A failed request is an answer with `finish="error"`; the next run
    asks it again.

    Args:
        model: From `open_model`; its settings and system treatment are applied here.
        requests: Shape (n,).
        store: Where answers are kept.
        repeat: Which repetition of the same questions this is; each is stored by itself.
        on_progress: Called with done, of these from the store, of these errors.

    Returns:
        Shape (n,), in the order of the requests.

    Raises:
        UsageError: A recording does not hold them all; nothing is asked.
        RemoteError: Something that asking on would not mend; what was under way is finished and
            stored first, and a new run resumes.
    """
    prepared = [model.prepared(request) for request in requests]
    places = _places(store.key(model.identity, request, repeat) for request in prepared)
    board = _Board(len(requests), on_progress)
    waiting = []
    for key, where in places.items():
        if (found := store.get(key)) is None:
            waiting.append((key, prepared[where[0]]))
        else:
            board.put(where, *found, stored=True)

    if waiting and model.ready is not None:
        await model.ready([request for _, request in waiting])
    stop: list[EvalkitError] = []

    async def work(shared: Iterator[tuple[bytes, Request]]) -> None:
        for key, request in shared:
            if stop:
                return
            try:
                await asyncio.wrap_future(store.plan(key, request, identity=model.identity))
                reply, seconds = await _timed(model, request)
                await asyncio.wrap_future(store.save(key, reply, seconds))
            except EvalkitError as error:
                stop.append(error)  # the others finish what is under way: it may cost money
                return
            board.put(places[key], reply, seconds, stored=False)

    queue = iter(waiting)
    async with asyncio.TaskGroup() as group:
        for _ in range(min(model.concurrency, len(waiting))):
            group.create_task(work(queue))
    if stop:
        raise stop[0]
    return board.answers()


def _places(keys: Iterable[bytes]) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for place, key in enumerate(keys):
        found.setdefault(key, []).append(place)
    return found


class _Board:
    """The answers at their places, and how far they are."""

    def __init__(self, n: int, on_progress: Progress | None) -> None:
        self._answers: list[Answered | None] = [None] * n
        self._on_progress = on_progress
        self._done = self._cached = self._errors = 0

    def put(self, places: list[int], reply: Reply, seconds: float | None, *, stored: bool) -> None:
        for nth, place in enumerate(places):
            known = stored or nth > 0  # an equal question is answered by the first
            self._answers[place] = (reply, seconds, known)
            self._done += 1
            self._cached += known
            self._errors += reply.finish == "error"
        if self._on_progress is not None:
            self._on_progress(self._done, self._cached, self._errors)

    def answers(self) -> list[Answered]:
        return [answer for answer in self._answers if answer is not None]


async def _timed(model: OpenModel, request: Request) -> tuple[Reply, float]:
    if model.timed is not None:
        return await model.timed(request)
    start = time.perf_counter()
    reply = await model.answer(request)
    return reply, time.perf_counter() - start
