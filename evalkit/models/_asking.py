# SPDX-License-Identifier: Apache-2.0
"""Requests on their way: planned, let through, answered, kept; and how all of that ends early."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable

from evalkit.core.errors import RemoteError, StoppedError
from evalkit.models._board import Board
from evalkit.models._retry import Retrying
from evalkit.models._store import Store
from evalkit.models._store_desk import Desk
from evalkit.models._terms import Terms
from evalkit.models._way import ElsewhereError, HaltedError, Item, Round, TooDearError, Way
from evalkit.models.price import Rate

__all__ = ["Asking"]

_LOOK_AGAIN = 0.25  # seconds between looks at what another process has under way
_TICK = 1.0  # seconds between tallies while nothing arrives


class Asking:
    """One round of questions to one model.

    Attributes:
        too_dear: Questions that the budget had no money for.
    """

    def __init__(
        self,
        asked: Retrying,
        store: Store,
        board: Board,
        *,
        identity: str,
        repeat: int,
        rate: Rate | None,
        terms: Terms,
    ) -> None:
        """For use in the running event loop; see `ask_all`."""
        self.too_dear = 0
        self._asked = asked
        self._round = Round(
            store=store, desk=Desk(store), identity=identity, repeat=repeat, rate=rate,
            budget=terms.budget,
        )  # fmt: skip
        self._board = board
        self._terms = terms
        self._queue: deque[Item] = deque()
        self._elsewhere: list[Item] = []
        self._on_the_way: dict[asyncio.Task[None], Way] = {}
        self._halted = asyncio.Event()
        board.under_way = lambda: sum(way.out for way in self._on_the_way.values())
        board.closed_for = asked.gate.closed_for

    @property
    def error(self) -> BaseException | None:
        """Why it was ended early, if it was."""
        return self._round.error

    async def all(self, items: Iterable[Item], *, at_once: int) -> list[Item]:
        """Ask them; returns those that another process has under way, for later.

        Args:
            items: What to ask.
            at_once: How many to have on their way, the waiting ones included.
        """
        self._queue.extend(items)
        watch = asyncio.create_task(self._watch())
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(at_once, len(self._queue))):
                    task = group.create_task(self._work())
                    self._on_the_way[task] = Way(self._round, None)
        finally:
            watch.cancel()
            self._on_the_way.clear()
            await self._round.desk.flush()
        later, self._elsewhere = self._elsewhere, []
        return later

    async def pause(self) -> bool:
        """Wait a moment for other processes; whether to go on after it."""
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.wait_for(self._halted.wait(), _LOOK_AGAIN)
        except TimeoutError:
            return True
        finally:
            watch.cancel()
        return False

    def halt(self, error: BaseException, *, at_once: bool = False) -> None:
        """Let nothing new go out.

        Args:
            error: To be raised in the end.
            at_once: What is under way is not waited for either: its fate will not be known.
        """
        if self._round.error is None:
            self._round.error = error
        self._halted.set()
        for task, way in self._on_the_way.items():
            if not way.keeping and (at_once or not way.out):
                task.cancel()

    async def _watch(self) -> None:
        """Notice the user's wish to stop and the deadline; say that nothing arrives meanwhile."""
        stop = self._terms.stop or asyncio.Event()
        deadline = self._terms.deadline
        while True:
            left = _TICK if deadline is None else min(_TICK, deadline - time.monotonic())
            try:
                await asyncio.wait_for(stop.wait(), max(0.0, left))
            except TimeoutError:
                if deadline is not None and time.monotonic() >= deadline:
                    self.halt(RemoteError("the time for this run is over"), at_once=True)
                    return
                self._board.tell()
            else:
                self.halt(StoppedError("stopped"))
                if deadline is None:
                    return
                stop = asyncio.Event()  # only the deadline is left to be watched

    async def _work(self) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        while self._queue and self._round.error is None:
            item = self._queue.popleft()
            way = self._on_the_way[task] = Way(self._round, item)
            try:
                outcome = await self._asked(item.request, way)
                await way.keep(outcome)
                self._board.put(item.places, outcome.reply, outcome.seconds, stored=False)
            except ElsewhereError:
                self._elsewhere.append(item)
            except TooDearError:
                way.give_back()
                self.too_dear += len(item.places)
            except HaltedError:
                way.give_back()
                return
            except asyncio.CancelledError:
                way.give_back()
                if self.error is None:
                    raise  # not by us
                return
            except Exception as error:  # noqa: BLE001  what is under way may cost money: finish it
                way.give_back()
                self.halt(error)
                return
            finally:
                way.close()
