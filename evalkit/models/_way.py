# SPDX-License-Identifier: Apache-2.0
"""One request on its way: money set aside, intent on disk, and all put back if it does not go."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal

from evalkit.core.exchange import Reply, Request
from evalkit.models._retry import Course, Outcome
from evalkit.models._store import Keyed, Store
from evalkit.models._store_desk import Desk
from evalkit.models.budget import Budget
from evalkit.models.price import Rate, cost_of, most, tokens_reserved

__all__ = ["ElsewhereError", "HaltedError", "Item", "Round", "TooDearError", "Way"]

_MONEY_COMES_BACK = 0.02  # seconds between looks at a budget that others have set aside


class ElsewhereError(Exception):
    """Somebody else asks it, or has its answer."""


class HaltedError(Exception):
    """Nothing new goes out any more."""


class TooDearError(Exception):
    """It does not fit into what is left of the budget."""


@dataclass(slots=True, eq=False)
class Item:
    """One different question.

    Attributes:
        request: As it is sent.
        keyed: As the store knows it.
        places: Where its answer belongs.
        was: The state in which the store has it; None = it does not know it.
    """

    request: Request
    keyed: Keyed
    places: list[int]
    was: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Round:
    """What all requests of one round share.

    Attributes:
        store: Where answers are kept.
        desk: How its rows are written.
        identity: Who is asked.
        repeat: Which repetition it is.
        rate: What answers cost; None = nothing, or not known.
        budget: What may be spent.
        error: Why nothing new goes out any more.
    """

    store: Store
    desk: Desk
    identity: str
    repeat: int
    rate: Rate | None
    budget: Budget | None
    error: BaseException | None = None


class Way(Course):
    """What happens around the attempts of one item."""

    def __init__(self, round_: Round, item: Item | None) -> None:
        self.out = False
        self.keeping = False  # its answer is there and on its way to the disk
        self._round = round_
        self._item = item
        self._planned = self._doubtful = False
        self._held: Decimal | None = None
        self._cost: Decimal | None = None
        if item is not None:
            self.tokens = tokens_reserved(item.request, len(item.keyed.body))

    def check(self) -> None:
        if self._round.error is not None:
            raise HaltedError

    async def begin(self) -> None:
        self.check()
        round_, item = self._round, self._item
        budget, rate = round_.budget, round_.rate
        if budget is None or rate is None or item is None:
            return
        if self._cost is None:
            self._cost = most(item.request, rate)
        while not budget.reserve(self._cost):
            if self._cost > budget.limit - budget.spent or budget.held <= 0:
                raise TooDearError
            await asyncio.sleep(_MONEY_COMES_BACK)
        self._held = self._cost

    async def note(self, *, again: bool) -> None:
        round_, item = self._round, self._item
        if item is None or (self._planned and not again):
            return
        busy, key = round_.store.busy, item.keyed.key
        if not self._planned:
            if key in busy:
                raise ElsewhereError
            busy.add(key)
            self._planned = True
        row = round_.store.planned(item.keyed, identity=round_.identity, repeat=round_.repeat)
        if not await round_.desk.write(row):
            self._planned = False
            busy.discard(key)
            raise ElsewhereError

    def end(self, reply: Reply | None, *, doubtful: bool) -> None:
        self._doubtful = self._doubtful or doubtful
        held, self._held = self._held, None
        budget = self._round.budget
        if held is None or budget is None:
            return
        if doubtful:
            budget.settle(held, held)  # the worst is taken for the truth
        elif reply is None:
            budget.settle(held, Decimal(0))
        else:
            actual = cost_of([reply], self._round.rate)
            budget.settle(held, held if actual is None else actual)

    async def keep(self, outcome: Outcome) -> None:
        """Write its answer; from here on it is not broken off."""
        item = self._item
        if item is not None:
            self.keeping = True
            row = self._round.store.saved(
                item.keyed.key, outcome.reply, outcome.seconds, doubtful=outcome.doubtful
            )
            await self._round.desk.write(row)

    def give_back(self) -> None:
        """Leave the row as it was, or in doubt where an attempt went out."""
        item, round_ = self._item, self._round
        if item is None or not self._planned or self.keeping:
            return
        key = item.keyed.key
        if self._doubtful:
            unknown = Reply(text="", finish="error", error="broken off before it was answered")
            round_.desk.put(round_.store.saved(key, unknown, None, doubtful=True))
        else:
            round_.desk.put(round_.store.released(key, item.was))

    def close(self) -> None:
        """Let go of the money and of the key."""
        if self._held is not None and self._round.budget is not None:
            self._round.budget.settle(self._held, Decimal(0))
            self._held = None
        if self._planned and self._item is not None:
            self._round.store.busy.discard(self._item.keyed.key)
        self.keeping = False
        self._item = None
