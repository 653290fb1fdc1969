# SPDX-License-Identifier: Apache-2.0
"""How far a model is, in one line: done, failed, rate, tokens, money, time left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from evalkit.core.strings import Language
from evalkit.evaluation.outlook.text import span
from evalkit.page.numbers import money

if TYPE_CHECKING:
    from evalkit.models.ask import Tally

__all__ = ["LONG_WAIT", "Pace", "tally_line", "waiting_line"]

LONG_WAIT = 5.0  # seconds; a server's wish for less is not worth a word
_WINDOW = 30.0  # seconds that the rate is taken over
_STEP = 0.1
_WORDS = {
    "stored": ("{n} stored", "{n} 已有"),
    "failed": ("{n} failed", "{n} 失败"),
    "rate": ("{x}/s", "{x}/秒"),
    "tokens": ("{n} tokens", "{n} token"),
    "to_come": ("{a}, {b} to come", "已花 {a}，还需 {b}"),
    "left": ("{t} left", "还需 {t}"),
    "waiting": ("waiting {t}: the server asked for it", "等待 {t}：服务器要求"),
}


class Pace:
    """Answers per second of late.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, answered: int) -> None:
        """So many were answered up to now, those from the store not counted."""
        now = self._clock()
        if len(self._seen) > 1 and now - self._seen[-2][0] < _STEP:
            self._seen.pop()  # ten points a second are enough
        self._seen.append((now, answered))
        while len(self._seen) > 2 and now - self._seen[1][0] > _WINDOW:
            self._seen.popleft()

    @property
    def per_second(self) -> float | None:
        """None where too little is known."""
        if len(self._seen) < 2:
            return None
        (start, first), (end, last) = self._seen[0], self._seen[-1]
        return (last - first) / (end - start) if end - start > 0.2 and last > first else None


def tally_line(tally: Tally, pace: Pace, language: Language, *, currency: str = "USD") -> str:
    """`312/600, 120 stored, 3 failed, 5.2/s, 42,010 tokens, $0.21, $0.19 to come, 55 s left`."""
    comma = ", " if language == "en" else "，"
    return comma.join(_parts(tally, pace, language, currency))


def waiting_line(seconds: float, language: Language) -> str:
    """`waiting 20 s: the server asked for it`."""
    return _say("waiting", language, t=span(seconds, language))


def _parts(tally: Tally, pace: Pace, language: Language, currency: str) -> Iterator[str]:
    yield f"{tally.done:,}/{tally.of:,}"
    if tally.stored:
        yield _say("stored", language, n=f"{tally.stored:,}")
    if tally.errors:
        yield _say("failed", language, n=f"{tally.errors:,}")
    rate = pace.per_second
    remaining = tally.of - tally.done
    if rate is not None:
        yield _say("rate", language, x=f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}")
    if tokens := tally.prompt_tokens + tally.completion_tokens:
        yield _say("tokens", language, n=f"{tokens:,}")
    if tally.cost is not None and tally.cost > 0:
        yield _money(tally, remaining, language, currency)
    if rate is not None and remaining:
        yield _say("left", language, t=span(remaining / rate, language))


def _money(tally: Tally, remaining: int, language: Language, currency: str) -> str:
    cost = tally.cost or Decimal(0)
    so_far = money(f"{cost:f}", currency)
    answered = tally.done - tally.stored
    if not remaining or answered < 1:
        return so_far
    to_come = money(f"{cost * remaining / answered:f}", currency)
    return _say("to_come", language, a=so_far, b=to_come)


def _say(key: str, language: Language, **values: str) -> str:
    return _WORDS[key][0 if language == "en" else 1].format(**values)
