# SPDX-License-Identifier: Apache-2.0
"""The answers at their places, and how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from evalkit.core.exchange import Reply, Usage
from evalkit.models._terms import Answered, Tally
from evalkit.models.price import Rate, cost_of

__all__ = ["Board"]

_BETWEEN = 0.05  # seconds between two tallies: a screen shows no more, and each costs time


class Board:
    """Where answers are put as they come."""

    def __init__(
        self,
        n: int,
        *,
        rate: Rate | None,
        on_progress: Callable[[Tally], None] | None,
    ) -> None:
        """Set up an empty board of n places.

        Args:
            n: Questions.
            rate: For the running cost.
            on_progress: Told how far it is, at most 20 times a second, and at the end.
        """
        self.under_way: Callable[[], int] = lambda: 0
        self.closed_for: Callable[[], float] = lambda: 0.0
        self._answers: list[Answered | None] = [None] * n
        self._rate = rate
        self._on_progress = on_progress
        self._done = self._stored = self._errors = 0
        self._prompt = self._completion = self._cached = 0
        self._countable = rate is not None
        self._told = float("-inf")
        self._unsaid = False

    @property
    def of(self) -> int:
        """All places."""
        return len(self._answers)

    @property
    def missing(self) -> int:
        """Places without an answer."""
        return len(self._answers) - self._done

    def put(
        self, places: Sequence[int], reply: Reply, seconds: float | None, *, stored: bool
    ) -> None:
        """Put one reply at all places of one question."""
        for nth, place in enumerate(places):
            known = stored or nth > 0  # an equal question is answered by the first
            self._answers[place] = Answered(reply, seconds, known)
            self._stored += known
        self._done += len(places)
        failed = reply.finish == "error"
        self._errors += failed * len(places)
        if not stored:
            usage = reply.usage
            if usage is not None:
                self._prompt += usage.prompt_tokens
                self._completion += usage.completion_tokens
                self._cached += min(usage.cached_tokens, usage.prompt_tokens)
            elif not failed:
                self._countable = False
        self._unsaid = True
        if self._on_progress is not None and time.monotonic() - self._told >= _BETWEEN:
            self.tell()

    def tell(self, *, only_news: bool = False) -> None:
        """Say how far it is now."""
        if self._on_progress is None or (only_news and not self._unsaid):
            return
        self._told = time.monotonic()
        self._unsaid = False
        self._on_progress(self._tally())

    def answers(self) -> list[Answered]:
        """In the order of the questions, all of them."""
        return [answer for answer in self._answers if answer is not None]

    def _tally(self) -> Tally:
        used = Usage(self._prompt, self._completion, self._cached)
        return Tally(
            done=self._done,
            of=len(self._answers),
            stored=self._stored,
            errors=self._errors,
            under_way=self.under_way(),
            prompt_tokens=self._prompt,
            completion_tokens=self._completion,
            cost=cost_of([Reply(text="", usage=used)], self._rate) if self._countable else None,
            closed_for=self.closed_for(),
        )
