# SPDX-License-Identifier: Apache-2.0
"""Puts many questions to one model: what is stored is not asked, what is answered is stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from decimal import Decimal

from evalkit.core.errors import RemoteError, StoppedError, UsageError
from evalkit.core.exchange import Reply, Request
from evalkit.core.printable import printable
from evalkit.models._asking import Asking
from evalkit.models._batch_store import forget_unsent, under_way
from evalkit.models._board import Board
from evalkit.models._gate import Gate
from evalkit.models._items import SKIPPED, distinct, may_be_paid
from evalkit.models._retry import Retrying
from evalkit.models._store import Found, Store
from evalkit.models._terms import Answered, IfMaybePaid, Standing, Tally, Terms
from evalkit.models._way import Item
from evalkit.models.open import OpenModel

__all__ = [
    "Answered",
    "IfMaybePaid",
    "Standing",
    "Tally",
    "Terms",
    "ask_all",
    "require_prices",
    "standing",
]

_SERVED = ("ok", "flagged")


async def ask_all(
    model: OpenModel,
    requests: Sequence[Request],
    store: Store,
    *,
    repeat: int = 0,
    terms: Terms = Terms(),  # noqa: B008  frozen
    on_progress: Callable[[Tally], None] | None = None,
) -> list[Answered]:
    """Answer every request, in order, as fast as the model's gate allows.

    Each answer is durable before it counts as done, so a killed run resumes where it was. Equal
    requests are asked once, and what another process has under way is waited for. A failed request
    is an answer with `finish="error"`; the next run asks it again.

    Args:
        model: From `open_model`; its settings and system treatment are applied here.
        requests: Shape (n,).
        store: Where answers are kept.
        repeat: Which repetition of the same questions this is; each is stored by itself.
        terms: Budget, deadline, stop, and what to do after a crash.
        on_progress: Told how far it is, at most 20 times a second, and at the end.

    Returns:
        Shape (n,), in the order of the requests.

    Raises:
        UsageError: A recording does not hold them all, or the terms cannot be kept; nothing is
            asked.
        RemoteError: Something that asking on would not mend, the end of the budget or of the time;
            what was under way is finished and stored first, and a new run resumes.
        StoppedError: The user stopped it; likewise.
    """
    require_prices([model], terms)
    if model.at_hand is not None:
        return await _at_hand(model, model.at_hand, requests, repeat, on_progress)
    board = Board(len(requests), rate=model.rate, on_progress=on_progress)
    items = distinct(model, requests, repeat)
    forget_unsent(store, items)
    waiting = _sorted_out(list(items.values()), store, board, terms, model.name)
    if waiting:
        if model.ready is not None:
            await model.ready([item.request for item in waiting])
        try:
            await _asked(model, waiting, store, board, repeat=repeat, terms=terms)
        finally:
            board.tell(only_news=True)  # where it ended early too
    board.tell(only_news=True)
    return board.answers()


def standing(
    model: OpenModel, requests: Sequence[Request], store: Store, *, repeat: int = 0
) -> Standing:
    """What the store knows of the requests; nothing is sent.

    Args:
        model: As for `ask_all`.
        requests: As for `ask_all`.
        store: As for `ask_all`.
        repeat: As for `ask_all`.
    """
    items = distinct(model, requests, repeat)
    if model.at_hand is not None:
        done = len(items)
        return Standing(total=len(requests), distinct=done, stored=done, failed=0, maybe_paid=0)
    found = store.look(list(items), replies=False)
    served = {key for key, one in found.items() if one.state in _SERVED}
    batched = under_way(store).intersection(items) - served
    states = [one.state for key, one in found.items() if key not in batched]
    return Standing(
        total=len(requests),
        distinct=len(items),
        stored=len(served),
        failed=states.count("failed"),
        maybe_paid=states.count("unknown"),
        in_batch=len(batched),
    )


def require_prices(models: Iterable[OpenModel], terms: Terms) -> None:
    """Refuse a budget that could not be kept to; models on this machine cost nothing.

    Raises:
        UsageError: A remote model's price is not known, or is in another currency.
    """
    if terms.budget is None:
        return
    for model in models:
        if model.host is None:
            continue
        if model.rate is None:
            raise UsageError(
                f"--budget: what the answers of `{printable(model.name)}` "
                f"({printable(model.spec.use)}) cost is not known",
                "say it in the suite, per million tokens, under the model: "
                "price: {input: 0.40, output: 1.60}",
            )
        if model.rate.currency != terms.budget.currency:
            raise UsageError(
                f"--budget is in {terms.budget.currency}, and the price of "
                f"`{printable(model.name)}` in {printable(model.rate.currency)}",
                "say the price in the budget's currency: price: {input: …, output: …, "
                f"currency: {terms.budget.currency}}}",
            )


async def _at_hand(
    model: OpenModel,
    answers: Callable[[Sequence[Request], int], Awaitable[Sequence[Reply]]],
    requests: Sequence[Request],
    repeat: int,
    on_progress: Callable[[Tally], None] | None,
) -> list[Answered]:
    """Recorded answers: nothing is sent, so nothing is stored or paid for."""
    board = Board(len(requests), rate=None, on_progress=on_progress)
    prepared = [model.prepared(request) for request in requests]
    for place, reply in enumerate(await answers(prepared, repeat)):
        board.put([place], reply, None, stored=False)
    board.tell(only_news=True)
    return board.answers()


async def _asked(
    model: OpenModel,
    waiting: list[Item],
    store: Store,
    board: Board,
    *,
    repeat: int,
    terms: Terms,
) -> None:
    """Ask what is not answered yet, until nobody has anything of it under way."""
    asked = model.asked or Retrying(
        model.answer, Gate(most=model.concurrency, start=model.concurrency)
    )
    asking = Asking(
        asked, store, board, identity=model.identity, repeat=repeat,
        rate=model.rate if model.host is not None else None, terms=terms,
    )  # fmt: skip
    keys = [item.keyed.key for item in waiting]
    while waiting:
        others = await asking.all(waiting, at_once=model.concurrency)
        waiting = []
        while others and not waiting and asking.error is None and await asking.pause():
            store.bury()
            known = len(others)
            others = _sorted_out(others, store, board, terms, model.name)
            claimed = [item for item in others if item.was == "claimed"]
            if len(claimed) < len(others) or len(others) < known:
                board.tell(only_news=True)
            if len(claimed) < len(others):
                waiting = others
    if asking.error is not None:
        if board.missing:
            raise _ended(asking.error, board, model, _doubtful(keys, store))
        return
    if asking.too_dear:
        raise _spent(terms, asking.too_dear, model)


def _sorted_out(
    items: Sequence[Item], store: Store, board: Board, terms: Terms, name: str
) -> list[Item]:
    """Put what is answered on the board; returns what is to be asked.

    Raises:
        UsageError: Requests may have been paid for, and the terms say to end then.
    """
    found = store.look([item.keyed.key for item in items])
    if terms.if_maybe_paid != "skip":
        served = {key for key, one in found.items() if one.state in _SERVED}
        _refuse_batched({item.keyed.key for item in items} - served, store, name, of=len(items))
    maybe_paid = sum(one.state == "unknown" for one in found.values())
    if maybe_paid and terms.if_maybe_paid == "fail":
        raise may_be_paid(maybe_paid, len(items), name)
    waiting = []
    for item in items:
        one = found.get(item.keyed.key, _UNKNOWN_KEY)
        if one.reply is not None and one.state in _SERVED:
            board.put(item.places, one.reply, one.seconds, stored=True)
        elif one.state == "unknown" and terms.if_maybe_paid == "skip":
            board.put(
                item.places, Reply(text="", finish="error", error=SKIPPED), None, stored=False
            )
        else:
            item.was = None if one is _UNKNOWN_KEY else one.state
            waiting.append(item)
    return waiting


def _refuse_batched(keys: Collection[bytes], store: Store, name: str, *, of: int) -> None:
    in_batch = under_way(store).intersection(keys)
    if in_batch:
        raise UsageError(
            f"{len(in_batch)} of {of} questions to `{printable(name)}` are in a batch that "
            "is on its way: to ask them now would pay twice",
            "run the same command with --batch: it waits for the answers and fetches them",
        )


_UNKNOWN_KEY = Found("failed", None, None)


def _doubtful(keys: Sequence[bytes], store: Store) -> int:
    """How many requests went out, and nobody knows whether they were answered and billed."""
    found = store.look(keys, replies=False)
    return sum(one.state == "unknown" for one in found.values())


def _ended(error: BaseException, board: Board, model: OpenModel, maybe_paid: int) -> BaseException:
    """The error with how far it came and how to go on."""
    name = printable(model.name)
    rest = f"{board.missing} of {board.of} questions to `{name}` are not answered"
    hint = "what was answered is kept: the same command asks the rest"
    if maybe_paid and model.host is not None:
        rest += f"; sent without an answer and perhaps paid for: {maybe_paid:,}"
        hint += ", and with --if-maybe-paid skip it leaves out what may be paid for"
    if isinstance(error, StoppedError):
        return StoppedError(f"stopped: {rest}", hint)
    if isinstance(error, RemoteError) and not error.hint:
        error.hint = hint
        error.message = f"{error.message}: {rest}"
    return error


def _spent(terms: Terms, missing: int, model: OpenModel) -> RemoteError:
    budget = terms.budget
    spent, limit, currency = (
        (budget.spent, budget.limit, budget.currency) if budget else (Decimal(0), Decimal(0), "")
    )
    return RemoteError(
        f"the budget of {limit:f} {currency} is used up: {_short(spent)} {currency} spent, and "
        f"the next request might cost more than is left; {missing} questions to "
        f"`{printable(model.name)}` are not answered",
        "what was answered is kept: run the same command with a new --budget for the rest",
    )


def _short(amount: Decimal) -> str:
    return f"{amount:.4f}".rstrip("0").rstrip(".") if amount >= Decimal("0.0001") else f"{amount:f}"
