# SPDX-License-Identifier: Apache-2.0
"""Puts many questions to one model by its batch route: half the price, within 24 hours."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from decimal import Decimal

from evalkit.core.errors import UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.models._batch_lines import Limits
from evalkit.models._batch_pace import Pace, Patience
from evalkit.models._batch_route import BatchRoute
from evalkit.models._batch_running import Running
from evalkit.models._batch_send import Work, adopted, failures, sent
from evalkit.models._batch_store import BatchRow, open_ledger
from evalkit.models._batch_watch import watched
from evalkit.models._board import Board
from evalkit.models._items import SKIPPED, distinct, may_be_paid
from evalkit.models._store import Store
from evalkit.models._terms import Answered, Tally, Terms
from evalkit.models._way import Item
from evalkit.models.ask import ask_all, require_prices
from evalkit.models.open import OpenModel
from evalkit.models.price import Rate, cost_of, most

__all__ = ["ask_batch"]

_OTHERS = 2.0  # seconds between looks at what another process asks for


async def ask_batch(
    model: OpenModel,
    requests: Sequence[Request],
    store: Store,
    *,
    repeat: int = 0,
    terms: Terms = Terms(),  # noqa: B008  frozen
    on_progress: Callable[[Tally], None] | None = None,
    failed_directly: bool = False,
    tell: Callable[[str], None] = lambda _line: None,
    running: Running | None = None,
    pace: Pace = Pace(),  # noqa: B008  frozen
    limits: Limits = Limits(),  # noqa: B008  frozen
) -> list[Answered]:
    """Answer every request by batch, with what `ask_all` promises.

    What is stored is not asked. The batches go on when this process ends, however it ends; the next
    call with the same store takes up those that any of its requests is in, and never makes a second
    one for them. Calls for several models or repeats may run side by side.

    Args:
        model: From `open_model`; its settings and system treatment are applied here.
        requests: Shape (n,).
        store: Where answers are kept, and which batches are on their way.
        repeat: Which repetition of the same questions this is.
        terms: As for `ask_all`; a budget must have room for all requests at once.
        on_progress: Told how far it is.
        failed_directly: Ask what failed or expired in the batch again, one by one, at full price.
        tell: Takes lines for the user: which batches there are, how far, what failed.
        running: The batches of the whole run, so that an error can name them all; None = this
            call is the whole run.
        pace: How long to wait between looks.
        limits: Of one file.

    Returns:
        Shape (n,), in the order of the requests.

    Raises:
        UsageError: The model has no batch route, or the budget has no room; nothing was sent.
        RemoteError: The provider refused a batch, or cannot be reached; a new call resumes.
        StoppedError: `terms.stop` was set; the batches go on, a new call fetches their answers.
    """
    route = _route(model)
    require_prices([model], terms)
    told = _Told(on_progress)
    board = Board(len(requests), rate=_batch_rate(model.rate), on_progress=told.tell)
    store.bury()  # what died here no longer has anything under way
    items = _waiting(model, requests, store, board, repeat)
    board.under_way = lambda: board.missing
    if items:
        running = Running() if running is None else running
        with open_ledger(store.path) as ledger:
            work = Work(
                route=route,
                identity=model.identity,
                repeat=repeat,
                store=store,
                ledger=ledger,
                patience=Patience(pace, terms, running),
                limits=limits,
                tell=tell,
                running=running,
            )
            try:
                await _through(work, items, board, terms, model)
            except asyncio.CancelledError:
                if (line := running.interruption()) is not None:
                    tell(line)
                raise
        failed = {key: reply for key, reply in work.failed.items() if key in items}
        if failed and failed_directly:
            board.tell()
            late = await _directly(model, [items[key] for key in failed], terms, work, told)
            rest = iter(board.answers())
            return [late.get(place) or next(rest) for place in range(len(requests))]
        for key, reply in failed.items():
            board.put(items[key].places, reply, None, stored=False)
    board.tell(only_news=True)
    return board.answers()


def _waiting(
    model: OpenModel, requests: Sequence[Request], store: Store, board: Board, repeat: int
) -> dict[bytes, Item]:
    """The different questions without an answer by key; the answered ones go on the board."""
    items = distinct(model, requests, repeat)
    for key, found in store.look(list(items)).items():
        if found.reply is not None and found.state in ("ok", "flagged"):
            board.put(items.pop(key).places, found.reply, found.seconds, stored=True)
    return items


async def _through(
    work: Work, items: Mapping[bytes, Item], board: Board, terms: Terms, model: OpenModel
) -> None:
    """Every item is on the board, or has its error in `work.failed`."""
    held: dict[bytes, Decimal] = {}
    left = dict(items)

    def answered(key: bytes, reply: Reply) -> None:
        if terms.budget is not None:
            actual = cost_of([reply], model.rate, batch=True) or Decimal(0)
            terms.budget.settle(held.pop(key, Decimal(0)), actual)
        if (item := left.pop(key, None)) is not None:  # else another's, or known already
            board.put(item.places, reply, None, stored=False)

    def alone() -> AbstractAsyncContextManager[None]:
        busy = "waiting for another evalkit that sends batches of this store"
        return work.ledger.alone(work.patience.wait, lambda: work.tell(busy))

    async def send(again: Mapping[bytes, Item]) -> list[BatchRow]:
        async with alone():
            return await sent(work, again)

    try:
        async with alone():
            rows = await adopted(work, items)
            covered = {key for row in rows for key in row.keys}
            fresh = {key: item for key, item in items.items() if key not in covered}
            payable = _payable(work, fresh, terms, model.name)
            held |= _reserved(payable, terms, model.rate)
            rows += await sent(work, payable)
        await watched(work, rows, items, answered, send)
        await _others(work, left, board)
    finally:
        if terms.budget is not None:
            terms.budget.settle(sum(held.values(), Decimal(0)), Decimal(0))


async def _others(work: Work, items: dict[bytes, Item], board: Board) -> None:
    """Wait for what another process asks for directly."""
    while work.elsewhere:
        work.store.bury()
        found = work.store.look(list(work.elsewhere))
        for key in tuple(work.elsewhere):
            one = found.get(key)
            if one is not None and one.state == "claimed":
                continue
            work.elsewhere.remove(key)
            if one is not None and one.reply is not None and one.state in ("ok", "flagged"):
                board.put(items.pop(key).places, one.reply, one.seconds, stored=True)
            else:
                why = "another process began to ask and did not finish"
                work.failed.update(failures([key], why))
        if work.elsewhere:
            await work.patience.wait(_OTHERS)


async def _directly(
    model: OpenModel,
    items: Sequence[Item],
    terms: Terms,
    work: Work,
    told: _Told,
) -> dict[int, Answered]:
    """Ask what the batch did not answer one by one; answers by place."""
    work.tell(f"{len(items):,} requests without an answer are asked one by one, at full price")
    before = told.last
    assert before is not None  # noqa: S101  the board has told it

    def both(now: Tally) -> None:
        told.tell(
            replace(
                now,
                done=before.done + now.done,
                of=before.of,
                stored=before.stored + now.stored,
                errors=before.errors + now.errors,
                prompt_tokens=before.prompt_tokens + now.prompt_tokens,
                completion_tokens=before.completion_tokens + now.completion_tokens,
                cost=None if before.cost is None or now.cost is None else before.cost + now.cost,
            )
        )

    # Equal questions too: `ask_all` asks them once and counts them as this function does.
    places = [(place, item.request) for item in items for place in item.places]
    requests = [request for _, request in places]
    results = await ask_all(
        model, requests, work.store, repeat=work.repeat, terms=terms, on_progress=both
    )
    return {place: answer for (place, _), answer in zip(places, results, strict=True)}


def _route(model: OpenModel) -> BatchRoute:
    if model.batch is None:
        where = model.host or "it runs on this machine"
        raise UsageError(
            f"model `{model.name}` has no batch route ({where})",
            "leave --batch out, or use a provider that has one: openai, azure",
        )
    return model.batch


def _payable(work: Work, items: Mapping[bytes, Item], terms: Terms, name: str) -> dict[bytes, Item]:
    """What is to be sent: all but, if so wished, what may be paid for already."""
    states = work.store.look(list(items), replies=False) if items else {}
    doubtful = [key for key, found in states.items() if found.state == "unknown"]
    if doubtful and terms.if_maybe_paid == "fail":
        raise may_be_paid(len(doubtful), len(items), name)
    if terms.if_maybe_paid == "ask-again":
        return dict(items)
    work.failed.update(failures(doubtful, SKIPPED))
    return {key: item for key, item in items.items() if key not in work.failed}


def _batch_rate(rate: Rate | None) -> Rate | None:
    """The rate with the batch route's prices as its own; None where they are not known."""
    if rate is None or rate.batch_input is None or rate.batch_output is None:
        return None
    return replace(rate, input=rate.batch_input, output=rate.batch_output, cached_input=None)


def _reserved(items: Mapping[bytes, Item], terms: Terms, rate: Rate | None) -> dict[bytes, Decimal]:
    """The worst case of each request, set aside in the budget."""
    budget = terms.budget
    if budget is None or rate is None or not items:
        return {}
    rate = _batch_rate(rate) or rate  # where the half price is not known, the whole one holds too
    held = {key: most(item.request, rate) for key, item in items.items()}
    whole = sum(held.values(), Decimal(0))
    if not budget.reserve(whole):
        raise UsageError(
            f"the batch may cost up to {whole:.2f} {budget.currency}, and of the budget "
            f"{budget.left:.2f} {budget.currency} are left",
            "raise --budget, or ask fewer rows with --limit; nothing was sent",
        )
    return held


class _Told:
    """Passes tallies on, and knows the last one."""

    def __init__(self, on_progress: Callable[[Tally], None] | None) -> None:
        self._on_progress = on_progress
        self.last: Tally | None = None

    def tell(self, tally: Tally) -> None:
        self.last = tally
        if self._on_progress is not None:
            self._on_progress(tally)
